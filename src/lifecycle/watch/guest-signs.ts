import { writeFile } from 'node:fs/promises';
import { readTail } from '../../guest/file-tail.ts';
import type { MachinePaths } from '../../machine/paths.ts';
import type { ProcessIdentity } from '../../system/process.ts';
import { readKnown } from '../../system/json-file.ts';
import { aCount, object, type Shaped } from '../../text/shape.ts';
import { readConsoleSigns, type ConsoleSign } from './console-signs.ts';

/** The reports of a lock-up on several processors, and what a dying kernel adds; told again every 20 s while it lasts. */
const tailBytes = 64 * 1024;

/** When a guest was last seen alive although its console told of a panic or a lock-up. */
const aliveShape = object({
  pid: aCount,
  startTicks: aCount,
  /** Length of its console log then: what stands before is settled. */
  bytes: aCount,
});

/**
 * The sign in what the console has said since the guest was last seen alive, and how long its log
 * is. Nothing where the guest was reset since: SeaBIOS writes at every reset, also where the
 * next kernel has no serial console.
 */
export async function readSigns(
  paths: Pick<MachinePaths, 'consoleLog' | 'firmwareLog' | 'aliveFile'>,
  qemu: ProcessIdentity,
): Promise<{ readonly sign: ConsoleSign | undefined; readonly bytes: number }> {
  const [console, firmware] = await Promise.all([
    readTail(paths.consoleLog, tailBytes),
    readTail(paths.firmwareLog, 1),
  ]);
  if (console === undefined) return { sign: undefined, bytes: 0 };
  const { size } = console;
  if (firmware !== undefined && firmware.writtenAt > console.writtenAt) {
    return { sign: undefined, bytes: size };
  }
  const settled = Math.max(0, (await readAlive(paths, qemu)) - (size - console.bytes.length));
  return {
    sign: readConsoleSigns(console.bytes.subarray(settled).toString('latin1')),
    bytes: size,
  };
}

/** Writes down that the guest lives, so that the next look need not ask it again. */
export async function noteAlive(
  { aliveFile }: Pick<MachinePaths, 'aliveFile'>,
  { pid, startTicks }: ProcessIdentity,
  bytes: number,
): Promise<void> {
  const alive: Shaped<typeof aliveShape> = { pid, startTicks, bytes };
  // Without it, the next look takes half a second more.
  await writeFile(aliveFile, JSON.stringify(alive), { mode: 0o600 }).catch(() => {});
}

async function readAlive(
  { aliveFile }: Pick<MachinePaths, 'aliveFile'>,
  { pid, startTicks }: ProcessIdentity,
): Promise<number> {
  const alive = await readKnown(aliveFile, aliveShape);
  return alive?.pid === pid && alive.startTicks === startTicks ? alive.bytes : 0;
}
