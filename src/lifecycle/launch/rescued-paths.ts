import { join } from 'node:path';
import type { MachinePaths } from '../../machine/paths.ts';
import { findRunning } from '../../machine/state.ts';
import { isThere } from '../../system/look.ts';

/**
 * The files of a machine whose private file is attached to a fresh guest. That guest is another one
 * for SSH: it has host keys of its own, and what is known of the machine's own guest stays.
 */
export function attachedPaths(paths: MachinePaths): MachinePaths {
  return { ...paths, sshDir: join(paths.rescueDir, 'ssh') };
}

/** The files that count now: those of the fresh guest while it runs. */
export async function pathsWhileRescued(paths: MachinePaths): Promise<MachinePaths> {
  // Hardly ever there, and then it may have been left by a machine that has ended.
  if (!(await isThere(paths.rescueDir))) return paths;
  const running = await findRunning(paths);
  return running?.state?.rescue === 'attached' ? attachedPaths(paths) : paths;
}
