import type { Context, GlobalOptions } from '../context.ts';
import { locateIfValid } from '../lifecycle/launch/locate.ts';
import { listQemus, type ListedQemu } from '../lifecycle/qemu/list-qemus.ts';
import { homeFolder } from '../system/places.ts';
import { shortenPath } from '../text/shorten-path.ts';
import { layOutRows } from '../ui/table.ts';

/** `utopia qemu list`: the QEMUs of this host, a line each. */
export async function runQemuList(context: Context, globals: GlobalOptions): Promise<void> {
  const { terminal, cwd, env } = context;
  // Which one is in use cannot be told without its configuration; the others can.
  const located = await locateIfValid(context, globals, ({ message }) => {
    context.reporter.warn(`${message} Which QEMU is in use is not known.`);
  });
  const qemus = await listQemus(context, located?.config);
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
