import type { PlannedKernel } from './plan.ts';

/** Words with which the user decides what the kernel starts first, so that utopia does not. */
const ownInit = /(?:^| )(?:init=|rdinit=|--(?: |$))/;

/** Whether modules can be put in place: not where the user starts something else first. Pure. */
export function canPlaceModules(append: string): boolean {
  return !ownInit.test(append);
}

/**
 * The whole command line. The kernel's first program is the guest's own shell, which mounts the
 * modules and becomes init: nothing in the guest has to know of them, they are there before its first
 * modprobe, and they need no share, which would keep the machine from being saved. What stands
 * behind `--` is init's, and in double quotes one word (Documentation/admin-guide/kernel-parameters.rst).
 * No mount option of its own stands alone there: an initramfs would take `ro` for a word to itself.
 */
export function kernelLine(
  { append, modules, version }: PlannedKernel,
  exerciseDisks: number,
): string {
  if (modules === undefined || !canPlaceModules(append)) return append;
  const folder = `/lib/modules/${version}`;
  const script = [
    `mkdir -p ${folder}`,
    // The disk of the machine is vda; Linux counts them by their PCI slots.
    `mount -t ext4 -r /dev/vd${diskLetters(exerciseDisks + 1)} ${folder}`,
    'exec /sbin/init',
  ].join('; ');
  return `${append} init=/bin/sh -- -c "${script}"`;
}

/** The kernel as one types it: a build's name, or the path of a file of its own. Pure. */
export function typedKernel({ name, image }: Pick<PlannedKernel, 'name' | 'image'>): string {
  return image.endsWith(`/${name}/bzImage`) ? name : image;
}

/** `a` for 0, `z` for 25, `aa` for 26, as Linux names virtio disks. */
function diskLetters(index: number): string {
  const last = String.fromCharCode(97 + (index % 26));
  return index < 26 ? last : `${diskLetters(Math.floor(index / 26) - 1)}${last}`;
}
