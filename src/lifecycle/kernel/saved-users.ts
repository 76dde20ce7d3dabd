import type { Environment } from '../../environment.ts';
import { listSnapshots } from '../../image/snapshots.ts';
import { addressOf, listMachines } from '../../machine/registry.ts';
import { savedKernel } from '../../vmstate/describe.ts';
import { readManifest } from '../../vmstate/manifest.ts';
import { suspendedFiles } from '../../vmstate/suspended.ts';

/** A memory that only goes on with a build of a kernel. */
export interface SavedUser {
  /** The build's name. */
  readonly kernel: string;
  /** What to call it: `ask2 (suspended)`, or `the snapshot ready of ask2`. */
  readonly what: string;
}

/**
 * The suspended machines and snapshots of a user's known machines whose memory goes on only with
 * one of these builds. What cannot be read is none.
 */
export async function findSavedUsers(
  env: Environment,
  uid: number,
  builds: readonly string[],
): Promise<SavedUser[]> {
  const machines = await listMachines(env, uid);
  const users: SavedUser[] = [];
  for (const machine of machines) {
    const overlay = machine.state?.plan.overlay;
    if (overlay === undefined) continue;
    const name = addressOf(machines, machine);
    const snapshots = await listSnapshots(overlay).catch(() => []);
    const memories = [
      { manifest: suspendedFiles(overlay).manifest, what: `${name} (suspended)` },
      ...snapshots.flatMap(({ memory, name: snapshot }) =>
        memory === undefined
          ? []
          : [{ manifest: memory.manifest, what: `the snapshot ${snapshot} of ${name}` }],
      ),
    ];
    for (const { manifest, what } of memories) {
      const read = await readManifest(manifest);
      const kernel = read.kind === 'read' ? savedKernel(read.value) : undefined;
      if (kernel !== undefined && builds.includes(kernel)) users.push({ kernel, what });
    }
  }
  return users;
}
