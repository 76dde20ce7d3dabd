import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { UtopiaError } from '../../errors.ts';
import { readImageRecord } from '../../image/image-record.ts';
import { isBuildName, readBuild, type KernelBuild } from '../../kernel/build-store.ts';
import { findRunning } from '../../machine/state.ts';
import { isThere } from '../../system/look.ts';
import { readRegularText } from '../../system/regular-file.ts';
import type { LifecycleContext } from '../lifecycle-context.ts';
import { openBootDisk, type BootDisk } from '../launch/boot-disk.ts';
import type { LocatedMachine } from '../launch/locate.ts';
import { requireBackingFile } from '../launch/prepare.ts';

/** For whom a module is built: the machine of the folder, or a throwaway copy, which is one of the image. */
export type ModuleUse = 'machine' | 'copy';

/** The kernel that a module is built for. */
export type TargetKernel = { readonly version: string } & (
  | { readonly from: 'build'; readonly build: KernelBuild }
  | {
      readonly from: 'image' | 'private';
      /** To be closed by whoever asked. */
      readonly disk: BootDisk;
      /** utopia built the image itself: its programs are the distribution's. */
      readonly isOurs: boolean;
      /** Tells this disk from others, and from what it was before: files, sizes, times. */
      readonly identity: string;
    }
);

/**
 * The kernel that a module of this machine is for: the build that UTOPIA_KERNEL (or --kernel)
 * names or that the machine runs, else what its disk boots, else the disk's newest. The private
 * file counts while the machine is off: one in use is not read. Throws `kernel-unknown`,
 * `kernel-unsuitable`, and what opening the disk throws.
 */
export async function findTargetKernel(
  context: LifecycleContext,
  located: LocatedMachine,
  use: ModuleUse,
): Promise<TargetKernel> {
  const { config, paths } = located;
  const running = use === 'machine' ? await findRunning(paths) : undefined;
  const booted = running?.state?.plan.kernel;
  const name =
    booted === undefined ? config.kernel : booted.from === undefined ? booted.name : undefined;
  if (name !== undefined) return await targetOfBuild(context, name);
  const backing = await requireBackingFile(context, located);
  const reads = use === 'machine' && running === undefined && (await isThere(config.privateFile));
  const disk = await openBootDisk(backing, reads ? config.privateFile : undefined);
  const choice =
    disk.choices.find(({ version }) => version === booted?.version) ??
    disk.choices.find(({ isUsual }) => isUsual) ??
    disk.choices[0];
  const files = [backing.path, ...(reads ? [config.privateFile] : [])];
  return {
    version: choice?.version ?? '',
    from: reads ? 'private' : 'image',
    disk,
    isOurs: (await readImageRecord(backing.path)) !== undefined,
    identity: (await Promise.all(files.map(identityOf))).join(' '),
  };
}

async function identityOf(path: string): Promise<string> {
  const { dev, ino, size, mtimeNs } = await stat(path, { bigint: true });
  return [dev, ino, size, mtimeNs].join('-');
}

/** A build of the store whose objects are still those that it was made of. */
async function targetOfBuild(
  { env }: Pick<LifecycleContext, 'env'>,
  name: string,
): Promise<TargetKernel> {
  const build = isBuildName(name) ? await readBuild(env, name) : undefined;
  if (build === undefined) {
    throw new UtopiaError('kernel-unknown', `There is no build of a kernel called "${name}".`, {
      hint: 'A module is built against the objects of a build: utopia kernel list shows them.',
    });
  }
  const release = await readRegularText(join(build.out, 'include/config/kernel.release')).catch(
    () => undefined,
  );
  if (release?.trim() === build.version) return { from: 'build', version: build.version, build };
  const what = release === undefined ? 'are gone' : `are of ${release.trim()} by now`;
  throw new UtopiaError(
    'kernel-unsuitable',
    `The objects of ${name} (${build.version}) ${what}: ${build.out}`,
    { hint: `Build it again: utopia kernel build ${build.source} -o ${build.out} --name ${name}` },
  );
}
