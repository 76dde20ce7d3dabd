import { rm } from 'node:fs/promises';
import type { Environment } from '../environment.ts';
import { writeFileAtomically } from '../system/atomic-file.ts';
import { readKnown } from '../system/json-file.ts';
import { isAlive } from '../system/process.ts';
import { object } from '../text/shape.ts';
import { endBeside, startBeside } from './beside.ts';
import type { MachinePaths } from './paths.ts';
import { processShape } from './state-shape.ts';

const watchShape = object({ process: processShape });

/** Starts the one who waits for a crash of the machine's kernel; it ends with its QEMU. */
export async function startCrashWatch(
  command: readonly string[],
  paths: MachinePaths,
  env: Environment,
): Promise<void> {
  const process = await startBeside(command, paths.crashWatchLog, env);
  if (process === undefined) return;
  await writeFileAtomically(paths.crashWatchFile, `${JSON.stringify({ process })}\n`);
}

/** Ends the one who waits for a crash of a machine that has ended, if it runs. */
export async function forgetCrashWatch(paths: MachinePaths): Promise<void> {
  const watch = await readKnown(paths.crashWatchFile, watchShape);
  if (watch !== undefined && (await isAlive(watch.process))) await endBeside(watch.process);
  await Promise.all(
    [paths.crashWatchFile, paths.crashPauseFile].map((file) => rm(file, { force: true })),
  );
}
