import { basename, dirname, join } from 'node:path';
import { listLayers } from '../../image/layers-folder.ts';
import { snapshotFiles, type Snapshot, type SnapshotFiles } from '../../image/snapshots.ts';
import type { MachinePaths } from '../../machine/paths.ts';
import { identifyDisk } from '../../vmstate/describe.ts';
import {
  readManifest,
  writeManifest,
  type DiskIdentity,
  type VmStateManifest,
} from '../../vmstate/manifest.ts';
import { suspendedFiles } from '../../vmstate/suspended.ts';

// What a machine had in memory fits the disks of that moment. A snapshot has copies of
// them: of the private file, and of the layers over its exercise disks. What is written to
// an exercise disk itself (`rw`) is nobody's copy, and must not have changed.

type Places = Pick<MachinePaths, 'disksDir'>;

/** Names of the layers that a saved memory goes with. */
export function layersOf({ disks }: VmStateManifest, { disksDir }: Places): string[] {
  const layers = disks.slice(1).filter(({ path }) => dirname(path) === disksDir);
  return layers.map(({ path }) => basename(path));
}

/** Writes what the memory in a snapshot goes with: the copies in it, not what they were copied from. */
export async function writeMemoryNote(
  files: SnapshotFiles,
  manifest: VmStateManifest,
  places: Places,
): Promise<void> {
  const copies = new Map(
    layersOf(manifest, places).map((name) => [
      join(places.disksDir, name),
      join(files.layersDir, name),
    ]),
  );
  const disks = manifest.disks.map(async (disk, index) => {
    const copy = index === 0 ? files.disk : copies.get(disk.path);
    return copy === undefined ? disk : { ...(await requireDisk(copy)), path: disk.path };
  });
  await writeManifest(files.manifest, {
    ...manifest,
    stateFile: basename(files.state),
    disks: await Promise.all(disks),
  });
}

/** The memory of a snapshot, if its files are those that were saved together. */
export async function readFittingMemory({
  folder,
  disk,
  memory,
}: Snapshot): Promise<VmStateManifest | undefined> {
  if (memory === undefined) return undefined;
  const reading = await readManifest(memory.manifest);
  if (reading.kind !== 'read') return undefined;
  const manifest = reading.value;
  const state = await identifyDisk(memory.state);
  if (state?.bytes !== manifest.stateBytes) return undefined;
  if (!(await isSame(manifest.disks[0], disk))) return undefined;
  const { layersDir } = snapshotFiles(folder);
  for (const name of await listLayers(layersDir)) {
    const saved = manifest.disks.slice(1).find(({ path }) => basename(path) === name);
    if (!(await isSame(saved, join(layersDir, name)))) return undefined;
  }
  return manifest;
}

/** A folder that was copied elsewhere has other inodes; size and time are still those. */
async function isSame(saved: DiskIdentity | undefined, path: string): Promise<boolean> {
  const now = await identifyDisk(path);
  return saved !== undefined && saved.bytes === now?.bytes && saved.mtimeNs === now.mtimeNs;
}

/** From here on the machine is suspended: its memory goes with the files that were just put in place. */
export async function announceMemory(
  privateFile: string,
  manifest: VmStateManifest,
  { folder }: Snapshot,
  { disksDir }: Places,
): Promise<void> {
  const brought = await listLayers(snapshotFiles(folder).layersDir);
  const layers = new Set(brought.map((name) => join(disksDir, name)));
  const others = manifest.disks
    .slice(1)
    .map(async (disk) => (layers.has(disk.path) ? await requireDisk(disk.path) : disk));
  const files = suspendedFiles(privateFile);
  await writeManifest(files.manifest, {
    ...manifest,
    stateFile: basename(files.state),
    disks: [await requireDisk(privateFile), ...(await Promise.all(others))],
  });
}

async function requireDisk(path: string): Promise<DiskIdentity> {
  const found = await identifyDisk(path);
  if (found === undefined) throw new Error(`${path} is gone`);
  return found;
}
