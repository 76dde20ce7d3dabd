import { constants } from 'node:fs';
import { open, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { identifyProcess } from '../system/process.ts';

const pipeStart = 'dump.';

/** The pipe through which QEMU gives a dump to the process of this number. */
export function dumpPipe(runtimeDir: string, pid: number): string {
  return join(runtimeDir, `${pipeStart}${pid}`);
}

/** Removes what killed ones left: a writer that comes and goes ends a reader that waits for one. */
export async function removeLeftPipes(runtimeDir: string): Promise<void> {
  for (const name of await readdir(runtimeDir).catch(() => [])) {
    const pid = name.startsWith(pipeStart) ? name.slice(pipeStart.length) : '';
    if (!/^\d+$/.test(pid) || (await identifyProcess(Number(pid))) !== undefined) continue;
    const path = join(runtimeDir, name);
    const writer = await open(path, constants.O_WRONLY | constants.O_NONBLOCK).catch(() => {});
    await writer?.close();
    await rm(path, { force: true });
  }
}
