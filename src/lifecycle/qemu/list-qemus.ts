import { realpath } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { UtopiaError } from '../../errors.ts';
import { isRunnableHere, refuseDoubtful, searchPlaces, searchQemu } from '../../host/find-qemu.ts';
import { findDoubtful, type ProgramPlaces } from '../../host/program-trust.ts';
import { readBuilt } from '../../qemu/built.ts';
import { nameQemus } from '../../qemu/qemu-names.ts';
import type { LifecycleContext } from '../lifecycle-context.ts';
import { describeQemu, type ListedFeature } from './describe-qemu.ts';
import { binaryOf } from './request.ts';

/** A QEMU of this host. */
export interface ListedQemu {
  /** What `utopia qemu use` takes: a version, `distribution`, or a folder. */
  readonly name: string;
  /** Null for one that does not tell. */
  readonly version: string | null;
  /** Absolute: the program. */
  readonly path: string;
  /** What QEMU_BUILD_DIR is for it: the prefix, or the program where it is in none. */
  readonly place: string;
  readonly kind: 'built' | 'distribution' | 'other';
  /** Of one that utopia has built: the tree, and when. */
  readonly source: string | null;
  readonly builtAt: string | null;
  readonly features: readonly ListedFeature[];
  /** It is the one of this folder's machine. */
  readonly inUse: boolean;
  /** Why it was not asked, or gave no answer; null for one that did. */
  readonly problem: string | null;
}

/**
 * The QEMUs that utopia has built, those of ~/opt/qemu, PATH and Red Hat's place, and the one that
 * the machine's configuration names (undefined where it cannot be read). The one in use is first.
 */
export async function listQemus(
  context: LifecycleContext,
  config: ProgramPlaces | undefined,
): Promise<readonly ListedQemu[]> {
  const { env } = context;
  const built = await readBuilt(env);
  const search =
    config === undefined ? undefined : await searchQemu(config.qemuBuildDir, env, isRunnableHere);
  const used = search?.binary === undefined ? undefined : await real(search.binary);
  const places = [
    ...(search?.binary === undefined ? [] : [search.binary]),
    ...built.map(({ prefix }) => binaryOf(prefix)),
    ...searchPlaces(env),
  ];
  const files = new Map<string, string>();
  for (const path of places) {
    if (!(await isRunnableHere(path))) continue;
    const file = await real(path);
    if (!files.has(file)) files.set(file, path);
  }
  const unnamed = (path: string): ProgramPlaces => {
    return { qemuBuildDir: path, folder: config?.folder };
  };
  const found: Omit<ListedQemu, 'name'>[] = [];
  // Backwards: what is asked last is remembered, and that is to be the one in use.
  for (const [file, path] of [...files].toReversed()) {
    const record = built.find(({ prefix }) => binaryOf(prefix) === path);
    found.unshift({
      ...{ path, place: placeOf(path), kind: record === undefined ? kindOf(file) : 'built' },
      ...{ source: record?.source ?? null, builtAt: record?.builtAt ?? null },
      inUse: file === used,
      ...(await ask(context, path, file === used && config !== undefined ? config : unnamed(path))),
    });
  }
  const names = nameQemus(found);
  return found.map((each, at) => ({ name: names[at] ?? each.path, ...each }));
}

async function real(path: string): Promise<string> {
  return await realpath(path).catch(() => path);
}

/** Distributions have theirs in /usr; /usr/local is the administrator's. */
function kindOf(file: string): 'distribution' | 'other' {
  return /^\/usr\/(?!local\/)/.test(file) || file.startsWith('/nix/') ? 'distribution' : 'other';
}

/** The prefix of a program that is found in it. */
function placeOf(path: string): string {
  const folder = dirname(path);
  return basename(path) === 'qemu-system-x86_64' && basename(folder) === 'bin'
    ? dirname(folder)
    : path;
}

async function ask(
  context: LifecycleContext,
  path: string,
  places: ProgramPlaces,
): Promise<Pick<ListedQemu, 'version' | 'features' | 'problem'>> {
  try {
    // One that came with the lab's folder runs only with its user's consent.
    const doubtful = await findDoubtful([path], places, context.env);
    if (doubtful.length > 0) throw refuseDoubtful(doubtful);
    const { qemu, features } = await describeQemu(path, context);
    return { version: qemu.version, features, problem: null };
  } catch (error) {
    context.signal.throwIfAborted();
    if (!(error instanceof UtopiaError)) throw error;
    return { version: null, features: [], problem: error.message };
  }
}
