import { UtopiaError } from '../../errors.ts';
import { removeScript } from '../../kernel/install-script.ts';
import type { LifecycleContext } from '../lifecycle-context.ts';
import type { ReachableGuest } from '../watch/find-guest.ts';
import { describeKernels } from './default-kernel.ts';
import { askRoot, findGuestKernels, refuseForeignGrub } from './find-guest-kernels.ts';

/**
 * Takes a version out of a guest: image, modules, initramfs, and its entry of the menu. Throws
 * `kernel-unsuitable` for the one that runs or is the default, and for a package's.
 */
export async function removeGuestKernel(
  { asker, signal }: Pick<LifecycleContext, 'asker' | 'signal'>,
  { access, machine }: ReachableGuest,
  version: string,
  yes: boolean,
): Promise<void> {
  const kernels = await findGuestKernels(access);
  refuseForeignGrub(kernels);
  if (!kernels.installed.includes(version)) {
    throw new UtopiaError('kernel-unknown', `The guest has no kernel ${version}.`, {
      hint: `Installed are ${kernels.installed.join(', ')}.`,
    });
  }
  if (kernels.running === version) {
    throw new UtopiaError('kernel-unsuitable', `The guest runs ${version}: it stays.`, {
      hint: 'utopia kernel default VERSION, then utopia reboot, and try again.',
    });
  }
  if (describeKernels(kernels).default === version) {
    throw new UtopiaError('kernel-unsuitable', `${version} is the guest's default: it stays.`, {
      hint: `utopia kernel default ${kernels.running} makes another one the default.`,
    });
  }
  if (kernels.packaged.includes(version)) {
    throw new UtopiaError('kernel-unsuitable', `A package of the guest brought ${version}.`, {
      hint: `utopia ssh -- apt-get remove linux-image-${version}`,
    });
  }
  const question = `Remove ${version} from ${machine.config.name}?`;
  if (!(await asker.confirm(question, { assumeYes: yes, signal }))) {
    throw new UtopiaError('consent-needed', `${version} stays. Nothing was changed.`);
  }
  const what = `Linux ${version} could not be removed whole; it is not the default.`;
  await askRoot(access, removeScript(version), what);
}
