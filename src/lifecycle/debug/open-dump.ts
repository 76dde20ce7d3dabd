import { open, readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Environment } from '../../environment.ts';
import { execa } from 'execa';
import { UtopiaError } from '../../errors.ts';
import { findProgram } from '../../host/find-program.ts';
import {
  dumpArguments,
  dumpReaders,
  type DumpReader,
  type DumpSession,
} from '../../kernel/dump-arguments.ts';
import { findVersion, isAtLeast } from '../../text/versions.ts';
import { missingCoreBytes } from '../../vmcore/core-size.ts';
import type { KernelSymbols } from './find-symbols.ts';
import { runGdb } from './run-gdb.ts';

/** A program that opens dumps, and where it is. */
export interface InstalledReader {
  readonly reader: DumpReader;
  readonly program: string;
}

const packages: Readonly<Record<DumpReader, string>> = {
  drgn: 'python3-drgn of Debian and Ubuntu, or drgn',
  crash: 'crash',
  gdb: 'gdb',
};

/** The program of this name, or the first that is installed: drgn, crash, gdb. Throws `program-missing`. */
export async function findReader(
  env: Environment,
  wanted: DumpReader | undefined,
): Promise<InstalledReader> {
  for (const reader of wanted === undefined ? dumpReaders : [wanted]) {
    const program = await findProgram(reader, env);
    if (program !== undefined) return { reader, program };
  }
  const message =
    wanted === undefined
      ? 'A dump is opened by drgn, crash or gdb, and this host has none of them.'
      : `This host has no ${wanted}.`;
  throw new UtopiaError('program-missing', message, {
    hint: `Install the package ${packages[wanted ?? 'drgn']}.`,
  });
}

/** What a dump is opened with. */
export interface DumpOpening {
  readonly dump: string;
  readonly symbols: KernelSymbols;
  /** Names of modules, for debuggers that take files; undefined for all that lie there. */
  readonly modules?: readonly string[] | undefined;
  /** Where they may lie, absolute. */
  readonly folders: readonly string[];
  /** The process that crashed; undefined where nobody knows. */
  readonly task?: number | undefined;
  /** The program's own arguments. */
  readonly words: readonly string[];
}

/** Linux 6.4 has another layout of `struct module`; the first version of each that reads it. */
const firstWithModules: Readonly<Record<DumpReader, readonly number[] | undefined>> = {
  ...{ drgn: [0, 0, 23], crash: [8, 0, 4], gdb: undefined },
};

/**
 * What of a kernel's memory a program does not find, as a sentence; undefined where it finds all.
 * `release` is undefined where nobody knows it.
 */
export async function doubtReader(
  { reader, program }: InstalledReader,
  release: string | undefined,
  env: Environment,
): Promise<string | undefined> {
  const first = firstWithModules[reader];
  if (first === undefined || !isAtLeast(release ?? '', [6, 4])) return undefined;
  const { stdout } = await execa(program, ['--version'], { env, ...asking });
  const version = findVersion(stdout ?? '');
  if (version === undefined || isAtLeast(version, first)) return undefined;
  return `${reader} ${version} cannot read the modules of Linux 6.4 and later, and may end at them: ${reader} ${first.join('.')} is the first that can.`;
}

/**
 * The program to open a dump with: the first that was found, if it finds all or was asked for, else
 * another installed one that does; and what it does not find.
 */
export async function chooseReader(
  env: Environment,
  first: InstalledReader,
  wanted: DumpReader | undefined,
  release: string | undefined,
): Promise<{ readonly chosen: InstalledReader; readonly doubt: string | undefined }> {
  const doubt = await doubtReader(first, release, env);
  if (doubt === undefined || wanted !== undefined) return { chosen: first, doubt };
  for (const reader of dumpReaders) {
    const program = await findProgram(reader, env);
    if (program === undefined || reader === first.reader) continue;
    const other = { reader, program };
    if ((await doubtReader(other, release, env)) === undefined) {
      return { chosen: other, doubt: `Not ${first.reader}: ${doubt}` };
    }
  }
  return { chosen: first, doubt };
}

/** By how many bytes a dump is shorter than its headers say. */
export async function missingBytes(dump: string): Promise<number> {
  const file = await open(dump, 'r');
  try {
    return await missingCoreBytes(file);
  } finally {
    await file.close();
  }
}

const asking = { extendEnv: false, reject: false, timeout: 20_000, stdin: 'ignore' } as const;

/** Opens a dump with a program that has our terminal; gives its status. */
export async function openDump(
  { reader, program }: InstalledReader,
  { dump, symbols, modules: names, folders, task, words }: DumpOpening,
  context: { env: Environment; cwd: string; signal: AbortSignal },
): Promise<number> {
  const modules = await findModules(names, folders);
  const session: DumpSession = {
    dump,
    vmlinux: symbols.vmlinux,
    scripts: symbols.scripts,
    ...{ modules, task },
    moduleFolders: [...new Set([...folders, symbols.objects ?? ''])].filter((each) => each !== ''),
  };
  return await runGdb(program, dumpArguments[reader](session, words), context);
}

/** The first `NAME.ko` of each module, or of these; a module's name has underscores where its file may have dashes. */
async function findModules(
  names: readonly string[] | undefined,
  folders: readonly string[],
): Promise<readonly string[]> {
  const files: string[] = [];
  const wanted = names === undefined ? undefined : new Set(names);
  const seen = new Set<string>();
  for (const folder of folders) {
    for (const file of await readdir(folder).catch((): string[] => [])) {
      const name = basename(file, '.ko').replaceAll('-', '_');
      if (!file.endsWith('.ko') || seen.has(name) || wanted?.has(name) === false) continue;
      seen.add(name);
      files.push(join(folder, file));
    }
  }
  return files;
}
