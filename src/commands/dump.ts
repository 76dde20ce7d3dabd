import type { Context, GlobalOptions } from '../context.ts';
import { dumpMachine, type MachineDump } from '../lifecycle/debug/dump-machine.ts';
import { locateMachine } from '../lifecycle/launch/locate.ts';
import { requireRunning } from '../lifecycle/launch/monitor.ts';
import type { DumpFormat } from '../qmp/dump.ts';
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
  const doubt = doubtOf(dump);
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

/** Why a debugger may not read it; undefined for one that should be read. */
function doubtOf({ hasCoreInfo, hasAddresses, hasDevice }: MachineDump): string | undefined {
  if (!hasDevice && hasCoreInfo !== true) {
    return 'This machine has no vmcoreinfo device: debuggers may not understand its memory. It goes on from a state of an earlier utopia, or its QEMU is too old; the next boot brings the device.';
  }
  if (hasCoreInfo === false) {
    return 'The guest has left no notes on its memory (VMCOREINFO): drgn and crash may not understand it. In the guest: modprobe qemu_fw_cfg';
  }
  return hasAddresses === false
    ? "The kernel's own addresses were not found in it: crash may read it, drgn 0.0.22 will not."
    : undefined;
}
