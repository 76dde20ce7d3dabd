import { copyFile, mkdir, mkdtemp, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { UtopiaError } from '../../errors.ts';
import { kernelFolder, type KernelBuild } from '../../kernel/build-store.ts';
import { isThere } from '../../system/look.ts';
import type { LifecycleContext } from '../lifecycle-context.ts';

/** A build as one archive, for a guest to unpack. */
export interface PackedKernel extends AsyncDisposable {
  readonly archive: string;
  /** Of what is packed, in bytes: the modules, and what goes to /boot. */
  readonly bytes: { readonly modules: number; readonly boot: number };
}

/** As a user one may not give files away, which is said of each. */
const harmless = /^(?:debugfs \d|rdump: Operation not permitted while changing ownership|\s*$)/;

/**
 * Packs a build as `placeScript` takes it: `boot/` with image, System.map and config, `modules/` with
 * the content of /lib/modules/VERSION. Throws `kernel-unsuitable` for a build that is not whole.
 */
export async function packKernel(
  { env, signal }: Pick<LifecycleContext, 'env' | 'signal'>,
  build: KernelBuild,
): Promise<PackedKernel> {
  const folder = await mkdtemp(join(kernelFolder(env), '.install-'));
  const remove = async (): Promise<void> => await rm(folder, { recursive: true, force: true });
  try {
    const boot = join(folder, 'boot');
    const modules = join(folder, 'modules');
    await mkdir(boot);
    await mkdir(modules);
    for (const [name, file] of [
      ['vmlinuz', build.image],
      ['System.map', build.systemMap],
      ['config', build.config],
    ] as const) {
      if (name !== 'System.map' || (await isThere(file))) await take(file, join(boot, name));
    }
    if (build.modules !== undefined) await unpackModules(build, folder, { env, signal });
    const archive = join(folder, 'kernel.tar');
    await run('tar', [...tarOptions, '-cf', archive, 'boot', 'modules'], folder, { env, signal });
    return {
      archive,
      bytes: {
        modules: await sizeOf(modules, folder, { env, signal }),
        boot: await sizeOf(boot, folder, { env, signal }),
      },
      [Symbol.asyncDispose]: remove,
    };
  } catch (error) {
    await remove();
    throw error;
  }
}

/** Root's in the guest, whoever we are; links to the host's source lead nowhere there. */
const tarOptions = [
  ...['--owner=0', '--group=0', '--numeric-owner', '--format=gnu'],
  ...['--exclude=modules/build', '--exclude=modules/source', '--exclude=modules/lost+found'],
];

async function take(from: string, to: string): Promise<void> {
  await copyFile(from, to).catch((cause: unknown) => {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw cause;
    throw new UtopiaError('kernel-unsuitable', `The build is not whole: ${from} is missing.`, {
      hint: 'Build it again: utopia kernel build',
    });
  });
}

/** Takes the files out of the image without mounting it: that would want root. */
async function unpackModules(
  build: KernelBuild,
  folder: string,
  { env, signal }: Pick<LifecycleContext, 'env' | 'signal'>,
): Promise<void> {
  const { modules: image = '' } = build;
  const { stderr } = await run('debugfs', ['-R', 'rdump / modules', image], folder, {
    env,
    signal,
  });
  const complaints = stderr.split('\n').filter((line) => !harmless.test(line));
  if (complaints.length === 0) return;
  throw new UtopiaError('kernel-unsuitable', `The modules of ${build.name} cannot be read.`, {
    details: complaints.slice(0, 5).map((line) => `| ${line}`),
    hint: 'Build it again: utopia kernel build',
  });
}

/** As `du` counts, with room for the file system's own. */
async function sizeOf(
  path: string,
  folder: string,
  surroundings: Pick<LifecycleContext, 'env' | 'signal'>,
): Promise<number> {
  const { stdout } = await run('du', ['-sk', path], folder, surroundings);
  return (Number.parseInt(stdout, 10) || Math.ceil((await stat(path)).size / 1024)) * 1024;
}

async function run(
  program: string,
  words: readonly string[],
  cwd: string,
  { env, signal }: Pick<LifecycleContext, 'env' | 'signal'>,
): Promise<{ readonly stdout: string; readonly stderr: string }> {
  const path = `${env['PATH'] ?? '/usr/bin:/bin'}:/usr/sbin:/sbin`;
  const result = await execa(program, words, {
    cwd,
    env: { ...env, PATH: path, LC_ALL: 'C' },
    extendEnv: false,
    reject: false,
    cancelSignal: signal,
  });
  signal.throwIfAborted();
  if (result.code === 'ENOENT') {
    throw new UtopiaError(
      'program-missing',
      `${program} is needed for this, and is not installed.`,
      {
        hint:
          program === 'debugfs'
            ? 'sudo apt-get install e2fsprogs'
            : `sudo apt-get install ${program}`,
      },
    );
  }
  if (result.exitCode === 0) return result;
  throw new UtopiaError('kernel-unsuitable', `${program} could not pack the kernel.`, {
    details: result.stderr
      .split('\n')
      .slice(-5)
      .map((line) => `| ${line}`),
    hint: 'df -h shows whether the host has room for it.',
  });
}
