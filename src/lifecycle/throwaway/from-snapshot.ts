import { UtopiaError } from '../../errors.ts';
import { hostKeyKinds } from '../../guest/fresh-identity.ts';
import { matchOverlay } from '../../image/overlay-match.ts';
import { readOverlayFile } from '../../image/overlay-file.ts';
import { readRecord } from '../../image/overlay-record.ts';
import { findSnapshot, snapshotFiles, type Snapshot } from '../../image/snapshots.ts';
import type { BackingFile } from '../../image/image-files.ts';
import { describeHardware, sensorPort } from '../../vmstate/describe.ts';
import { compareStates, type VmStateManifest } from '../../vmstate/manifest.ts';
import type { LocatedMachine } from '../launch/locate.ts';
import { readFittingMemory } from '../saved/snapshot-memory.ts';
import type { PlannedCopy } from './launch-copy.ts';
import type { CopySource } from './copy-source.ts';

/**
 * A copy of the machine as it was when a snapshot was saved: it goes on from its memory, where
 * there is one and `cold` does not decline it, and boots from its disk otherwise. The snapshot
 * is only read. Throws `snapshot-unknown`, `image-changed`, `image-missing`, and `state-unfit` with
 * all that keeps the memory from going on in a machine of this plan.
 */
export async function snapshotSource(
  { config, paths }: LocatedMachine,
  planned: PlannedCopy,
  name: string,
  cold: boolean,
): Promise<CopySource> {
  const snapshot = await findSnapshot(config.privateFile, name);
  await checkImage(snapshot, planned.backing);
  const { sshDir, state, layersDir } = snapshotFiles(snapshot.folder);
  const source: CopySource = {
    under: { path: snapshot.disk, format: 'qcow2' },
    sharedHostKeys: hostKeyKinds,
    login: { sshDir, machineId: paths.id },
  };
  if (cold || snapshot.memory === undefined) return source;
  const { machineType, hardwareGeneration, agent } = await requireFitting(
    snapshot,
    planned,
    config.disks,
  );
  return {
    ...source,
    moment: {
      stateFile: state,
      machineType,
      hardwareGeneration,
      layersDir,
      hasAgent: agent === true,
      isShortCut: false,
    },
  };
}

/** A snapshot of one image over another would be read as rubbish. */
async function checkImage({ name, disk }: Snapshot, backing: BackingFile): Promise<void> {
  const overlay = await readOverlayFile(disk);
  if (overlay === undefined) {
    throw new UtopiaError('overlay-damaged', `The snapshot ${name} has lost its disk ${disk}.`, {
      hint: 'utopia snapshot list',
    });
  }
  try {
    await matchOverlay(overlay, backing, await readRecord(disk));
  } catch (error) {
    if (!(error instanceof UtopiaError)) throw error;
    const { code, message, details } = error;
    // What there is to do about a private file is not what to do about a snapshot of it.
    throw new UtopiaError(code, message, {
      details,
      hint: `The snapshot ${name} needs its image as it was: put that back, or name it.`,
      cause: error,
    });
  }
}

async function requireFitting(
  snapshot: Snapshot,
  { plan, qemu }: PlannedCopy,
  disks: LocatedMachine['config']['disks'],
): Promise<VmStateManifest> {
  const { name } = snapshot;
  const manifest = await readFittingMemory(snapshot);
  const written = disks.find(({ mode }) => mode === 'rw');
  const differences =
    manifest === undefined
      ? ['Its files are not those that were saved together.']
      : written !== undefined
        ? [`The machine writes to the exercise disk ${written.path} itself, which has no copies.`]
        : compareStates(manifest, {
            ...describeHardware({ ...plan, hardwareGeneration: manifest.hardwareGeneration }),
            qemuVersion: qemu.version,
            // Those of the snapshot, which nobody writes to.
            disks: manifest.disks,
          }).map(({ text }) => text);
  if (manifest !== undefined && differences.length === 0) return manifest;
  const lacksPort = plan.sensorPort && manifest?.hardware.includes(sensorPort) === false;
  throw new UtopiaError('state-unfit', `A copy cannot go on from the memory in ${name}.`, {
    details: differences,
    hint: lacksPort
      ? `Save it anew in a machine with the sensors' port (utopia up --sensors sim), or boot its disk: --cold`
      : `Put it back as it was, or boot its disk: utopia run --cold --from ${name}`,
  });
}
