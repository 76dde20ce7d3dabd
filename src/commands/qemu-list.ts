import type { Context, GlobalOptions } from '../context.ts';
import { UtopiaError } from '../errors.ts';
import { locateMachine } from '../lifecycle/launch/locate.ts';
import { listQemus, type ListedQemu } from '../lifecycle/qemu/list-qemus.ts';
import { homeFolder } from '../system/places.ts';
import { shortenPath } from '../text/shorten-path.ts';
import { layOutRows } from '../ui/table.ts';

/** `utopia qemu list`: the QEMUs of this host, a line each. */
export async function runQemuList(context: Context, globals: GlobalOptions): Promise<void> {
  const { terminal, cwd, env } = context;
  const config = await locateMachine(context, globals).then(
    (located) => located.config,
    (error: unknown) => {
      // Which one is in use cannot be told then; the others can.
      if (!(error instanceof UtopiaError) || error.code !== 'config-invalid') throw error;
      context.reporter.warn(`${error.message} Which QEMU is in use is not known.`);
      return undefined;
    },
  );
  const qemus = await listQemus(context, config);
  if (globals.json) {
    terminal.json({ schema: 1, qemus });
    return;
  }
  if (qemus.length === 0) {
    terminal.err(
      'There is no QEMU. utopia doctor --fix installs one, utopia qemu build builds one.',
    );
    return;
  }
  const rows = qemus.map((qemu) => describe(qemu, shortenPath(qemu.place, cwd, homeFolder(env))));
  for (const lines of layOutRows(rows, terminal.columns)) {
    for (const line of lines) terminal.out(line);
  }
}

function describe(
  { name, version, features, inUse, problem }: ListedQemu,
  place: string,
): string[] {
  return [`${inUse ? '*' : ' '} ${name}`, version ?? '?', place, problem ?? features.join(' ')];
}
