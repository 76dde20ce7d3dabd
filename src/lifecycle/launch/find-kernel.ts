import { stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Config } from '../../config/machine-config.ts';
import { UtopiaError } from '../../errors.ts';
import { isBuildName, listBuilds, readBuild } from '../../kernel/build-store.ts';
import { readImageHead } from '../../kernel/bzimage.ts';
import { directKernelArguments } from '../../text/kernel-words.ts';
import type { BackingFile } from '../../image/image-files.ts';
import type { ModulesDisk, PlannedKernel } from '../../machine/plan.ts';
import { openRegularFile, whyUnreadable } from '../../system/regular-file.ts';
import type { LifecycleContext } from '../lifecycle-context.ts';
import { findRootDevice } from './disk-volumes.ts';

/** The system's own partition, as our images and the course's have it. */
const usualRoot = '/dev/vda1';

/**
 * The kernel that UTOPIA_KERNEL names, looked at; undefined where it names none. Its root is the
 * partition of `image` that holds a system, or the usual one where that cannot be told. Throws
 * `kernel-unknown` for a build that is not there, `kernel-unsuitable` for a file that is no kernel
 * for this machine, and for an initramfs that cannot be read.
 */
export async function findKernel(
  context: Pick<LifecycleContext, 'env' | 'cwd'>,
  config: Pick<Config, 'kernel' | 'initrd' | 'append'>,
  disk: Pick<BackingFile, 'path' | 'format'>,
): Promise<PlannedKernel | undefined> {
  const kernel = await lookAtKernel(context, config);
  if (kernel === undefined) return undefined;
  const root = (await findRootDevice(disk)) ?? usualRoot;
  const append = [`root=${root}`, directKernelArguments, config.append].filter(Boolean).join(' ');
  return { ...kernel, append };
}

async function lookAtKernel(
  context: Pick<LifecycleContext, 'env' | 'cwd'>,
  { kernel, initrd }: Pick<Config, 'kernel' | 'initrd'>,
): Promise<Omit<PlannedKernel, 'append'> | undefined> {
  if (kernel === undefined) return undefined;
  const build = isBuildName(kernel) ? await readBuild(context.env, kernel) : undefined;
  if (build === undefined && !kernel.startsWith('/')) throw await unknownBuild(context, kernel);
  const image = build?.image ?? kernel;
  const { version, is64Bit } = await readImageHead(image);
  if (!is64Bit) {
    throw new UtopiaError(
      'kernel-unsuitable',
      `${image} (${version}) is a kernel of 32 bits, and the guest's programs are of 64.`,
      { hint: 'Build it with CONFIG_64BIT=y: utopia kernel config' },
    );
  }
  if (initrd !== undefined) await checkInitrd(initrd);
  return {
    name: build?.name ?? basename(image),
    version,
    image,
    initrd,
    modules: build?.modules === undefined ? undefined : await modulesDisk(build.modules),
  };
}

/** The same as reports have it: name and release. */
export async function kernelIn(
  context: Pick<LifecycleContext, 'env' | 'cwd'>,
  config: Pick<Config, 'kernel' | 'initrd'>,
): Promise<{ readonly name: string; readonly version: string } | undefined> {
  const kernel = await lookAtKernel(context, config);
  return kernel && { name: kernel.name, version: kernel.version };
}

async function modulesDisk(file: string): Promise<ModulesDisk> {
  const { size, mtime } = await stat(file);
  return { file, stamp: `${size} bytes of ${mtime.toISOString()}` };
}

async function checkInitrd(path: string): Promise<void> {
  try {
    await using file = await openRegularFile(path);
    if ((await file.stat()).size > 0) return;
  } catch (error) {
    throw unreadableInitrd(path, whyUnreadable(error));
  }
  throw unreadableInitrd(path, 'it is empty.');
}

function unreadableInitrd(path: string, why: string): UtopiaError {
  return new UtopiaError('kernel-unsuitable', `The initramfs ${path} cannot be read: ${why}`, {
    hint: 'Name another one behind --initrd, or leave it out: a kernel with its drivers built in needs none.',
  });
}

async function unknownBuild(
  { env, cwd }: Pick<LifecycleContext, 'env' | 'cwd'>,
  name: string,
): Promise<UtopiaError> {
  const { builds } = await listBuilds(env);
  const isFile = await stat(join(cwd, name)).then(
    (found) => found.isFile(),
    () => false,
  );
  const names = builds.map((each) => each.name).join(', ');
  const hint = isFile
    ? `For the file of this folder: --kernel ./${name}`
    : builds.length > 0
      ? `There are: ${names}. A file is meant by a path, such as ./bzImage.`
      : 'Make one: utopia kernel build. A file is meant by a path, such as ./bzImage.';
  return new UtopiaError('kernel-unknown', `There is no build of a kernel called "${name}".`, {
    hint,
  });
}
