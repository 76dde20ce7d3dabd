import type { Context, GlobalOptions } from '../context.ts';
import { doubtDump, dumpMachine } from '../lifecycle/debug/dump-machine.ts';
import { locateMachine } from '../lifecycle/launch/locate.ts';
import { requireRunning } from '../lifecycle/launch/monitor.ts';
import type { DumpFormat } from '../qmp/dump-memory.ts';
import { homeFolder } from '../system/places.ts';
import { formatBytes } from '../text/format.ts';
import { shortenPath } from '../text/shorten-path.ts';
import { foldFor } from '../ui/lines.ts';
import { openProgress } from '../ui/progress.ts';

export interface DumpOptions {
  /** As typed. */
  readonly file: string;
  readonly format: DumpFormat;
  /** A file of this name is replaced. */
  readonly force: boolean;
}

/** `utopia dump FILE`: the memory of the running machine, for drgn and crash. The guest goes on. */
export async function runDump(
  context: Context,
  globals: GlobalOptions,
  options: DumpOptions,
): Promise<void> {
  const { terminal, cwd, env } = context;
  const located = await locateMachine(context, globals);
  const running = await requireRunning(located);
  const display = await openProgress(terminal, { quiet: globals.quiet || globals.json });
  const dump = await dumpMachine(context, located, running, {
    ...options,
    onBytes: (bytes) =>
      display.report({ kind: 'moved', title: 'memory', detail: formatBytes(bytes) }),
  }).finally(() => display.close());
  const doubt = doubtDump(dump);
  if (doubt !== undefined) context.reporter.warn(doubt);
  const { file, bytes, allocatedBytes } = dump;
  if (globals.json) {
    const { hasCoreInfo, hasAddresses } = dump;
    terminal.json({
      ...{ schema: 1, file, format: options.format, bytes, allocatedBytes },
      ...{ coreInfo: hasCoreInfo, addresses: hasAddresses },
    });
    return;
  }
  const short = shortenPath(file, cwd, homeFolder(env));
  const text = `${short}  ${formatBytes(bytes)}, ${formatBytes(allocatedBytes)} on the disk`;
  for (const line of foldFor(terminal.stdout, text, terminal.columns)) terminal.out(line);
}
