import { UtopiaError } from '../../errors.ts';
import { openDisk } from '../../image/disks/open-disk.ts';
import type { ExtFile, ExtFiles } from '../../image/ext/ext-files.ts';
import { UnreadableVolume } from '../../image/ext/volume.ts';
import { readOverlayFile } from '../../image/overlay-file.ts';
import type { BackingFile } from '../../image/image-files.ts';
import { listBootChoices, type BootChoice } from '../../kernel/boot-choices.ts';
import { mostConfigBytes, readGrubConfig, type GrubConfig } from '../../kernel/boot-menu.ts';
import { findSystem, readVolumes, unreadable, type Volume } from './disk-volumes.ts';

/** The kernels in a disk, read from outside: nothing of it runs, and nothing is written. */
export interface BootDisk extends AsyncDisposable {
  /** Newest first. */
  readonly choices: readonly BootChoice[];
  /** Number of the partition with the system, as in vda1; undefined for a disk without partitions. */
  readonly rootPartition: number | undefined;
  /** The regular file at a path of a choice. */
  readonly find: (path: string) => Promise<ExtFile | undefined>;
  /** The file system that looks like a whole system's. */
  readonly system: ExtFiles | undefined;
}

/** Where a volume has its menu: in the system itself, or in a partition that is mounted at /boot. */
const menus = ['/boot/grub/grub.cfg', '/grub/grub.cfg', '/boot/grub2/grub.cfg', '/grub2/grub.cfg'];
/** grub's block of variables has 1 KiB (its manual, "Environment block"). */
const mostEnvironmentBytes = 64 * 1024;

interface Menu extends Volume {
  readonly folder: string;
  readonly names: readonly string[];
  readonly config: GrubConfig | undefined;
}

/**
 * Opens the disk of a machine, the private file over its image, or with `overlay` undefined the
 * image alone. Throws `kernel-unknown` where no kernel can be read in it, with what is in the way.
 */
export async function openBootDisk(
  backing: Pick<BackingFile, 'path' | 'format'>,
  overlay: string | undefined,
): Promise<BootDisk> {
  const name = overlay ?? backing.path;
  // Its header has been looked at before anything is believed of it.
  const header = overlay === undefined ? undefined : (await readOverlayFile(overlay))?.header;
  const image = await openDisk(backing.path, backing.format);
  let own: Awaited<ReturnType<typeof openDisk>> | undefined;
  const close = async (): Promise<void> => {
    await own?.[Symbol.asyncDispose]();
    await image[Symbol.asyncDispose]();
  };
  try {
    own = overlay === undefined ? undefined : await openDisk(overlay, 'qcow2', image.read);
    const bytes = header?.virtualBytes ?? Number.MAX_SAFE_INTEGER;
    const found = await readVolumes((own ?? image).read, bytes, name);
    const menu = await findMenu(found);
    const root = await findSystem(found);
    const rootDevice = `/dev/vda${root?.partition ?? ''}`;
    const choices =
      menu === undefined
        ? []
        : listBootChoices(menu, `root=${rootDevice} ro console=tty0 console=ttyS0,115200`);
    if (menu === undefined || choices.length === 0) throw noKernel(name);
    return {
      choices,
      rootPartition: root?.partition,
      find: async (path) => await menu.files.find(path),
      system: root?.files,
      [Symbol.asyncDispose]: close,
    };
  } catch (error) {
    await close();
    throw explain(error, name);
  }
}

async function findMenu(volumes: readonly Volume[]): Promise<Menu | undefined> {
  for (const volume of volumes) {
    for (const path of menus) {
      const file = await volume.files.find(path);
      if (file === undefined) continue;
      const environment = await volume.files.find(path.replace(/grub\.cfg$/, 'grubenv'));
      const text = file.bytes > mostConfigBytes ? '' : await file.text(mostConfigBytes);
      const small = environment !== undefined && environment.bytes <= mostEnvironmentBytes;
      const config = readGrubConfig(
        text,
        small ? await environment.text(mostEnvironmentBytes) : '',
      );
      const folder = path.startsWith('/boot/') ? '/boot' : '/';
      return { ...volume, folder, names: await volume.files.list(folder), config };
    }
  }
  for (const volume of volumes) {
    for (const folder of ['/boot', '/']) {
      const names = await volume.files.list(folder);
      if (names.some((each) => each.startsWith('vmlinuz-'))) {
        return { ...volume, folder, names, config: undefined };
      }
    }
  }
  return undefined;
}

function noKernel(name: string): UtopiaError {
  return new UtopiaError('kernel-unknown', `There is no kernel in /boot of ${name}.`, {
    hint: 'utopia rescue boots it with the kernel of its image.',
  });
}

/** What reading a damaged file system throws, as its user's error. */
export function explain(error: unknown, name: string): unknown {
  if (error instanceof UnreadableVolume) {
    return unreadable(name, `its file system ${error.message}`);
  }
  if (error instanceof RangeError) {
    return unreadable(name, `its file system is damaged (${error.message})`);
  }
  return error;
}
