import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** How the host itself uses an image: as a loop device, mounted or not. */
export interface HostUse {
  /** `/dev/loop0`, or the block device itself. */
  readonly device: string;
  readonly mountPoint: string | undefined;
}

/**
 * Whether the host can write to a file or block device behind a guest's back: a
 * loop device that is not read-only stands on it, or it is mounted. `path` is
 * physical (realpath). `root` is where /sys and /proc are looked for.
 */
export async function findHostUse(path: string, root = '/'): Promise<HostUse | undefined> {
  const mounts = parseMounts(await readText(join(root, 'proc/self/mounts')));
  if (path.startsWith('/dev/')) {
    const mounted = mounts.find(({ device }) => isPartOf(device, path));
    return mounted === undefined
      ? undefined
      : { device: mounted.device, mountPoint: mounted.mountPoint };
  }
  const blocks = join(root, 'sys/block');
  const loops = (await readdir(blocks).catch(() => [])).filter((name) => name.startsWith('loop'));
  for (const loop of loops) {
    const file = (await readText(join(blocks, loop, 'loop/backing_file'))).trimEnd();
    if (file !== path || (await readText(join(blocks, loop, 'ro'))).trim() === '1') continue;
    const mounted = mounts.find(({ device }) => isPartOf(device, `/dev/${loop}`));
    return { device: `/dev/${loop}`, mountPoint: mounted?.mountPoint };
  }
  return undefined;
}

/** `/dev/sdb1` and `/dev/sdb` are, `/dev/sdba` is not. */
function isPartOf(device: string, disk: string): boolean {
  return device.startsWith(disk) && /^(?:p?\d+)?$/.test(device.slice(disk.length));
}

function parseMounts(text: string): { readonly device: string; readonly mountPoint: string }[] {
  return text.split('\n').flatMap((line) => {
    const [device, mountPoint] = line.split(' ');
    if (device === undefined || mountPoint === undefined) return [];
    // Blanks and their kin are written in octal (fstab(5)).
    const plain = mountPoint.replaceAll(/\\(\d{3})/g, (_all, octal: string) =>
      String.fromCharCode(Number.parseInt(octal, 8)),
    );
    return [{ device, mountPoint: plain }];
  });
}

async function readText(path: string): Promise<string> {
  return await readFile(path, 'utf8').catch(() => '');
}
