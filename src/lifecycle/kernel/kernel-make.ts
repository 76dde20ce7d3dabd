import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { LifecycleContext } from '../lifecycle-context.ts';
import { UtopiaError } from '../../errors.ts';
import type { KernelTree } from '../../kernel/kernel-tree.ts';
import { underUsersUmask } from '../../system/umask.ts';
import { englishMakeEnvironment, makeEnvironment } from './make-environment.ts';

/** A tree, and the folder aside in which its .config is made. */
export interface ConfigMake {
  readonly context: Pick<LifecycleContext, 'env' | 'signal' | 'streams'>;
  readonly tree: KernelTree;
  readonly out: string;
  /** Absolute. */
  readonly draft: string;
}

/** Runs a target that writes a .config, to `file` in the folder aside. */
export async function runKernelMake(
  make: ConfigMake,
  file: string,
  target: string,
  more: Readonly<Record<string, string>> = {},
): Promise<void> {
  const env = {
    ...englishMakeEnvironment(make.context.env),
    ...{ ...more, KCONFIG_CONFIG: join(make.draft, file) },
  };
  await run(make, 'make', [...makeWords(make), '-s', target], { cwd: make.tree.folder, env });
}

function makeWords({ tree, out }: ConfigMake): string[] {
  return ['-C', tree.folder, ...(out === tree.folder ? [] : [`O=${out}`])];
}

/** Lays fragments over `base`, by the kernel's own merge_config.sh, to `.config` in the folder aside. */
export async function runMergeConfig(
  make: ConfigMake,
  fragments: readonly string[],
): Promise<void> {
  const names = fragments.map((_text, at) => `fragment.${at}`);
  for (const [at, text] of fragments.entries()) {
    await writeFile(join(make.draft, `fragment.${at}`), text);
  }
  const script = join(make.tree.folder, 'scripts/kconfig/merge_config.sh');
  // Names without a folder: the script takes a blank in one for the next name.
  await run(make, 'sh', [script, '-m', 'base', ...names], {
    cwd: make.draft,
    env: englishMakeEnvironment(make.context.env),
  });
}

/** Opens menuconfig on the .config aside, in the user's terminal. */
export async function runMenuconfig(make: ConfigMake): Promise<void> {
  const env = {
    ...makeEnvironment(make.context.env),
    KCONFIG_CONFIG: join(make.draft, '.config'),
  };
  const { streams } = make.context;
  const { execa } = await import('execa');
  const result = await underUsersUmask(() =>
    execa('make', [...makeWords(make), '-s', 'menuconfig'], {
      cwd: make.tree.folder,
      env,
      extendEnv: false,
      reject: false,
      cancelSignal: make.context.signal,
      stdin: streams.stdin,
      stdout: streams.stdout,
      stderr: streams.stderr,
    }),
  );
  make.context.signal.throwIfAborted();
  if (!result.failed) return;
  throw new UtopiaError('kernel-unsuitable', 'make menuconfig failed; the .config is as it was.', {
    hint: `See what it says: make -C ${make.tree.folder} menuconfig`,
  });
}

async function run(
  { context, tree }: ConfigMake,
  program: string,
  args: readonly string[],
  { cwd, env }: { readonly cwd: string; readonly env: Record<string, string | undefined> },
): Promise<void> {
  const { execa } = await import('execa');
  const result = await underUsersUmask(() =>
    execa(program, args, {
      cwd,
      env,
      extendEnv: false,
      reject: false,
      cancelSignal: context.signal,
      stdin: 'ignore',
      all: true,
      maxBuffer: 16 * 1024 * 1024,
    }),
  );
  context.signal.throwIfAborted();
  if (!result.failed) return;
  const words = [...args].slice(-1).join(' ');
  throw new UtopiaError('kernel-unsuitable', `${program} ${words} failed in ${tree.folder}.`, {
    details: result.all.trim().split('\n').slice(-8),
    hint: `See what it says: make -C ${tree.folder} olddefconfig`,
    cause: result,
  });
}
