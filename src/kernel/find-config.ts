import { realpath, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import type { Environment } from '../environment.ts';
import { UtopiaError } from '../errors.ts';
import { isReachable } from '../system/look.ts';
import { openRegularFile, readRegularText, whyUnreadable } from '../system/regular-file.ts';
import { buildFiles, readBuild } from './build-store.ts';
import { readImageHead } from './bzimage.ts';
import { mostConfigBytes, parseKernelConfig, type KernelConfig } from './config-text.ts';
import { readImageConfig, readPlainConfig, type ConfigSearch } from './image-config.ts';
import { parseTreeVersion, readKernelTree, requireX86 } from './kernel-tree.ts';

/** A config that somebody named: a file, a folder that has one, or a kernel that was built with one. */
export interface FoundConfig {
  readonly config: KernelConfig;
  /** Absolute path of what was judged: the .config, or the kernel that it came out of. */
  readonly file: string;
  /** Of the kernel: the image's release, the tree's version, or what the config's head says. */
  readonly version: string | undefined;
  /** What the reader should know of it: sentences. */
  readonly notes: readonly string[];
}

/**
 * Finds the config that `path` (absolute) means: a .config; a tree or a folder of objects with
 * one; a bzImage, whose config lies in it (CONFIG_IKCONFIG) or beside it. Throws
 * `kernel-unsuitable`, and `program-missing` where the host cannot unpack the kernel.
 */
export async function findKernelConfig(path: string, signal: AbortSignal): Promise<FoundConfig> {
  const found = await stat(path).catch((error: unknown) => {
    throw new UtopiaError('kernel-unsuitable', `${path} cannot be read: ${whyUnreadable(error)}`, {
      hint: 'Name a kernel tree, a .config or a bzImage.',
      cause: error,
    });
  });
  if (found.isDirectory()) return await ofFolder(path);
  const kind = await kindOf(path);
  if (kind === 'text') return await ofFile(path);
  if (kind === 'image') return await ofImage(path, signal);
  const search = await readPlainConfig(path, signal);
  if (search.kind === 'found') return parse(path, search.text);
  throw noConfigIn(path, search);
}

/**
 * The same for a path relative to `cwd`, or the name of a build of the store. A file or folder of
 * that name is meant first, as it is by every other program.
 */
export async function findNamedConfig(
  { env, cwd, signal }: NamedConfigPlace,
  path: string,
): Promise<FoundConfig> {
  const build = await readBuild(env, path);
  const file = resolve(cwd, path);
  const target = build === undefined || (await isReachable(file)) ? file : build.folder;
  return await findKernelConfig(target, signal);
}

/** Where a name is looked for, and until when. */
interface NamedConfigPlace {
  readonly env: Environment;
  /** Absolute. */
  readonly cwd: string;
  readonly signal: AbortSignal;
}

async function kindOf(path: string): Promise<'image' | 'binary' | 'text'> {
  try {
    await using file = await openRegularFile(path);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(4096), 0, 4096, 0);
    const start = buffer.subarray(0, bytesRead);
    if (start.toString('latin1', 0x202, 0x206) === 'HdrS') return 'image';
    // gzip's mark has no zero byte in it.
    return start.includes(0) || start[0] === 0x1f ? 'binary' : 'text';
  } catch (error) {
    throw new UtopiaError('kernel-unsuitable', `${path} cannot be read: ${whyUnreadable(error)}`, {
      hint: 'Name a kernel tree, a .config or a bzImage.',
      cause: error,
    });
  }
}

async function ofFolder(folder: string): Promise<FoundConfig> {
  const file = join(folder, '.config');
  if (await isReachable(file)) {
    const found = await ofFile(file);
    const makefile = await readRegularText(join(folder, 'Makefile')).catch(() => '');
    const version = parseTreeVersion(makefile) ?? found.version;
    const before = found.config.version;
    const isOther = before !== undefined && version !== undefined && before !== version;
    const note = `The .config is of Linux ${before}, and the tree is ${version}: make olddefconfig fits it to the tree, as utopia kernel config does.`;
    return { ...found, version, notes: isOther ? [...found.notes, note] : found.notes };
  }
  if (await isReachable(join(folder, buildFiles.record))) {
    return await ofFile(join(folder, buildFiles.config));
  }
  const { version } = await readKernelTree(folder);
  throw new UtopiaError(
    'kernel-unsuitable',
    `${folder} is Linux ${version} and has no .config yet.`,
    {
      hint: 'Make one that boots: utopia kernel config    (with -o OUT it lies in OUT)',
    },
  );
}

async function ofFile(path: string): Promise<FoundConfig> {
  try {
    return parse(path, await readRegularText(path, mostConfigBytes));
  } catch (error) {
    if (error instanceof UtopiaError) throw error;
    throw new UtopiaError('kernel-unsuitable', `${path} cannot be read: ${whyUnreadable(error)}`, {
      hint: 'Name a kernel tree, a .config or a bzImage.',
      cause: error,
    });
  }
}

function parse(path: string, text: string): FoundConfig {
  const config = parseKernelConfig(text);
  if (config === undefined) {
    throw new UtopiaError(
      'kernel-unsuitable',
      `${path} is no kernel configuration: it sets no CONFIG_ option.`,
      {
        hint: 'Name a kernel tree, a .config or a bzImage.',
      },
    );
  }
  requireX86(path, config.architecture);
  const note =
    'It has no head of Kconfig, so it may be a part of a configuration: what does not stand in it counts as not set.';
  return { config, file: path, version: config.version, notes: config.complete ? [] : [note] };
}

async function ofImage(path: string, signal: AbortSignal): Promise<FoundConfig> {
  const { version, payload } = await readImageHead(path);
  const search: ConfigSearch =
    payload === undefined ? { kind: 'none' } : await readImageConfig(path, payload, signal);
  if (search.kind === 'found') return { ...parse(path, search.text), version };
  const beside = await besideImage(path, version);
  if (beside === undefined) throw noConfigIn(path, search);
  const found = await ofFile(beside);
  const [image, file] = await Promise.all([stat(path), stat(beside)]);
  const changed = file.mtimeMs > image.mtimeMs ? ' It has changed since the kernel was built.' : '';
  const note = `The kernel holds no configuration; ${beside}, beside it, is taken for its own.${changed}`;
  return { ...found, version, notes: [...found.notes, note] };
}

/** Where distributions, kernel trees and the store of builds keep the config of a kernel. */
async function besideImage(path: string, version: string): Promise<string | undefined> {
  const real = await realpath(path);
  const places = [path, real].flatMap((each) => {
    const folder = dirname(each);
    const top = dirname(dirname(dirname(folder)));
    const suffix = /^vmlinuz-(.+)$/.exec(basename(each))?.[1];
    return [
      ...(suffix === undefined ? [] : [join(folder, `config-${suffix}`)]),
      join(folder, `config-${version}`),
      join(folder, buildFiles.config),
      ...(/\/arch\/[^/]+\/boot$/.test(folder) ? [join(top, '.config')] : []),
      join(folder, '.config'),
    ];
  });
  for (const each of places) if (await isReachable(each)) return each;
  return undefined;
}

function noConfigIn(path: string, search: Exclude<ConfigSearch, { kind: 'found' }>): UtopiaError {
  if (search.kind === 'program-missing') {
    return new UtopiaError(
      'program-missing',
      `${path} is packed by ${search.program}, which this host lacks.`,
      {
        hint: `Install ${search.program}, or name the .config that the kernel was built with.`,
      },
    );
  }
  const why =
    search.kind === 'damaged'
      ? `cannot be unpacked: ${search.why}.`
      : 'holds no configuration (CONFIG_IKCONFIG), and none lies beside it.';
  return new UtopiaError('kernel-unsuitable', `${path} ${why}`, {
    hint: 'Name the .config that it was built with: utopia kernel check FILE',
  });
}
