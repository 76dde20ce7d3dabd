import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { UtopiaError } from '../../errors.ts';
import { describeOverlay } from '../../image/overlay.ts';
import type { BackingFile } from '../../image/image-files.ts';
import type { PlannedDisk, PlannedKernel } from '../../machine/plan.ts';
import { forgetSuspended } from '../../vmstate/suspended.ts';
import type { LifecycleContext } from '../lifecycle-context.ts';
import { openBootDisk } from '../launch/boot-disk.ts';
import type { LocatedMachine } from '../launch/locate.ts';
import { placeChoice } from '../launch/place-kernel.ts';
import { attachedPaths } from '../launch/rescued-paths.ts';
import type { Adjust } from '../start-machine.ts';

/** Name of the attached disk in the guest: /dev/disk/by-id/virtio-broken. */
const diskName = 'broken';

/** Where the broken disk is in the fresh guest: the second disk of two. */
export interface AttachedDisk {
  /** `/dev/vdb1`; `/dev/vdb` for a disk without partitions. */
  readonly device: string;
}

/**
 * A fresh machine of the same image in place of this one: its disk is thrown away, and its keys are
 * its own; sockets, ports, logs and lock are the machine's, so that it is found as ever.
 */
export function freshMachine({ config, paths, uid }: LocatedMachine): LocatedMachine {
  return {
    config: {
      ...config,
      privateFile: join(paths.rescueDir, 'root.qcow2'),
      disks: [],
      sensors: { kind: 'none' },
    },
    paths: attachedPaths(paths),
    uid,
  };
}

/**
 * Attaches the private file to a fresh machine, for reading and writing. `tell` hears where it is.
 * Throws what `up` throws for a private file that is in use, damaged, or of another image.
 */
export function withBrokenDisk(
  { signal }: Pick<LifecycleContext, 'signal'>,
  broken: LocatedMachine,
  tell: (disk: AttachedDisk) => void,
): Adjust {
  const { config, paths } = broken;
  return async (prepared) => {
    const { backing, plan } = prepared;
    await describeOverlay({ config, backing });
    // The keys of a fresh guest that was there before are nobody's.
    await rm(paths.rescueDir, { recursive: true, force: true });
    await mkdir(paths.rescueDir, { mode: 0o700 });
    const { kernel, partition } = await pickKernel(signal, broken, backing);
    // From now on it is written to.
    await forgetSuspended(config.privateFile);
    tell({ device: `/dev/vdb${partition ?? ''}` });
    const file = config.privateFile;
    const disk: PlannedDisk = {
      ...{ path: file, mode: 'rw', name: diskName },
      ...{ file, format: 'qcow2', ownFormat: 'qcow2' },
    };
    return {
      prepared: { ...prepared, plan: { ...plan, kernel, disks: [disk] } },
      rescue: 'attached',
    };
  };
}

/**
 * Both disks have file systems of the same UUIDs and labels, of which a kernel takes either: the
 * fresh machine's root is named by its device. An image whose files cannot be read boots by itself.
 */
async function pickKernel(
  signal: AbortSignal,
  { paths }: LocatedMachine,
  backing: BackingFile,
): Promise<{ readonly kernel: PlannedKernel | undefined; readonly partition: number | undefined }> {
  try {
    await using disk = await openBootDisk(backing, undefined);
    const partition = disk.rootPartition;
    const choice = disk.choices.find(({ isUsual }) => isUsual) ?? disk.choices[0];
    if (choice === undefined) return { kernel: undefined, partition };
    const others = choice.append.split(' ').filter((word) => !/^(?:root|resume)=/.test(word));
    const append = [`root=/dev/vda${partition ?? ''}`, ...others].join(' ');
    const named = { ...choice, append };
    return { kernel: await placeChoice(paths, disk, named, 'image', signal), partition };
  } catch (error) {
    if (!(error instanceof UtopiaError) || error.code !== 'kernel-unknown') throw error;
    return { kernel: undefined, partition: 1 };
  }
}
