import { resolve } from 'node:path';
import { readKernelTree } from '../../kernel/kernel-tree.ts';
import { runGit } from '../../system/git.ts';
import { leadsToFolder } from '../../system/look.ts';
import type { LifecycleContext } from '../lifecycle-context.ts';

/** A clone of a kernel's history. */
export interface KernelClone {
  /** Absolute: its working tree, or the folder of a bare one. */
  readonly folder: string;
  /** It has not all of the history. */
  readonly isShallow: boolean;
}

/** The clone that a folder is or lies in; undefined where there is none. Throws `program-missing`. */
export async function findClone(
  { env, signal }: Pick<LifecycleContext, 'env' | 'signal'>,
  folder: string,
): Promise<KernelClone | undefined> {
  const git = async (...args: readonly string[]): Promise<string | undefined> => {
    const { status, stdout } = await runGit(args, { cwd: folder, env, signal });
    return status === 0 ? stdout.replace(/\n$/, '') : undefined;
  };
  if (!(await leadsToFolder(folder))) return undefined;
  const shallow = await git('rev-parse', '--is-shallow-repository');
  if (shallow === undefined) return undefined;
  const place =
    (await git('rev-parse', '--show-toplevel')) ?? (await git('rev-parse', '--git-dir'));
  if (place === undefined) return undefined;
  return { folder: resolve(folder, place), isShallow: shallow === 'true' };
}

/** The clone of the current folder, where it is one of a kernel, so that a version means a tag of it. */
export async function findKernelClone(
  context: Pick<LifecycleContext, 'env' | 'signal'>,
  cwd: string,
): Promise<KernelClone | undefined> {
  const clone = await findClone(context, cwd);
  if (clone === undefined) return undefined;
  return await readKernelTree(clone.folder).then(
    () => clone,
    () => undefined,
  );
}
