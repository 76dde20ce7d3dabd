import { UtopiaError } from '../../errors.ts';
import type { KernelBuild } from '../../kernel/build-store.ts';
import { isRelease, type GuestKernels } from '../../kernel/guest-kernels.ts';
import { readRegularText } from '../../system/regular-file.ts';
import { formatBytes } from '../../text/format.ts';
import type { LifecycleContext } from '../lifecycle-context.ts';
import type { ReachableGuest } from '../watch/find-guest.ts';
import type { PackedKernel } from './pack-kernel.ts';

/** Throws `kernel-unsuitable` for the kernel that runs, and for what cannot be a release. */
export function refuseOwn({ running }: GuestKernels, version: string): void {
  if (!isRelease(version)) {
    throw new UtopiaError('kernel-unsuitable', `"${version}" cannot be a kernel's release.`, {
      hint: 'make kernelrelease in the tree prints it: letters, digits, . _ + ~ and - are allowed.',
    });
  }
  if (running !== version) return;
  throw new UtopiaError(
    'kernel-unsuitable',
    `The guest runs ${version} itself: its files are not overwritten.`,
    {
      hint: "Give the build a name of its own (CONFIG_LOCALVERSION='-2'), build it, and install that.",
    },
  );
}

/** Throws `consent-needed` where the guest has that version, and the user keeps it. */
export async function agreeToReplace(
  { asker, signal }: LifecycleContext,
  { machine }: ReachableGuest,
  { installed }: GuestKernels,
  version: string,
  yes: boolean,
): Promise<void> {
  if (!installed.includes(version)) return;
  const question = `${machine.config.name} has ${version} already. Replace it?`;
  if (await asker.confirm(question, { assumeYes: yes, signal })) return;
  throw new UtopiaError('consent-needed', `${version} stays as it is. Nothing was changed.`, {
    hint: 'Build under another name (CONFIG_LOCALVERSION), and install that.',
  });
}

/** A kernel that takes none would get one all the same, and ignore it. */
export async function wantsInitramfs(
  { programs }: GuestKernels,
  build: KernelBuild,
): Promise<boolean> {
  if (!programs.has('update-initramfs')) return false;
  return /^CONFIG_BLK_DEV_INITRD=y$/m.test(await readRegularText(build.config));
}

/** An initramfs without a kin to compare with: all modules of Debian's. */
const usualInitramfs = 64 * 1024 * 1024;
/** What a file system wants for itself, and the menu. */
const reserve = 16 * 1024 * 1024;

/** Throws `disk-full` where the guest has no room for it. */
export function refuseFullDisk(
  { freeBytes, initramfsBytes }: GuestKernels,
  { bytes }: PackedKernel,
  version: string,
): void {
  // A draft of the image lies with the modules until it is in its place.
  const boot = bytes.boot + (initramfsBytes || usualInitramfs) + reserve;
  const modules = bytes.modules + bytes.boot + reserve;
  const needs = freeBytes.same
    ? [{ where: '/', needed: boot + modules, free: freeBytes.boot }]
    : [
        { where: '/boot', needed: boot, free: freeBytes.boot },
        { where: '/lib/modules', needed: modules, free: freeBytes.modules },
      ];
  const short = needs.find(({ needed, free }) => free < needed);
  if (short === undefined) return;
  throw new UtopiaError(
    'disk-full',
    `Linux ${version} needs ${formatBytes(short.needed)} in ${short.where} of the guest; ${formatBytes(short.free)} are free. Nothing was changed.`,
    {
      hint: 'utopia kernel default lists what is installed; utopia kernel remove --guest VERSION makes room.',
    },
  );
}
