import type { LifecycleContext } from '../lifecycle-context.ts';
import { openBootDisk } from '../launch/boot-disk.ts';
import type { LocatedMachine } from '../launch/locate.ts';
import { placeChoice } from '../launch/place-kernel.ts';
import type { Adjust } from '../start-machine.ts';

/**
 * The machine as it is, booted with the kernel, the initramfs and the arguments that its image
 * boots with: nothing of the disk's own /boot takes part. Throws `kernel-unknown` where the image's
 * cannot be read.
 */
export function withImageKernel(
  { signal }: Pick<LifecycleContext, 'signal'>,
  { paths }: LocatedMachine,
): Adjust {
  return async (prepared) => {
    await using disk = await openBootDisk(prepared.backing, undefined);
    const choice = disk.choices.find(({ isUsual }) => isUsual) ?? disk.choices[0];
    if (choice === undefined) return { prepared, rescue: 'image-kernel' };
    const kernel = await placeChoice(paths, disk, choice, 'image', signal);
    return {
      prepared: { ...prepared, plan: { ...prepared.plan, kernel } },
      rescue: 'image-kernel',
    };
  };
}
