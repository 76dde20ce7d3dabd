import { accessSync, constants, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import type { Environment } from '../environment.ts';
import { UtopiaError } from '../errors.ts';
import { homeFolder } from '../system/places.ts';
import { osReleaseFiles, parseOsRelease, type OsRelease } from './os-release.ts';
import { describeInstall, installCommand } from './install-packages.ts';
import { findDoubtful, type DoubtfulProgram, type ProgramPlaces } from './program-trust.ts';
import { quoteForShell } from '../text/shell-words.ts';

/** Where QEMU's two programs are, before anything was asked of them. */
export interface QemuPrograms {
  readonly binary: string;
  readonly imgBinary: string;
}

const systemName = 'qemu-system-x86_64';

/** Distributions that keep QEMU out of PATH, or under another name. */
const otherPlaces = ['/usr/bin/qemu-kvm', '/usr/libexec/qemu-kvm'];

/** Looks whether a file is there and may be run. */
export type IsRunnable = (path: string) => Promise<boolean>;

/** What a search for QEMU came to; `elsewhere` is a QEMU that QEMU_BUILD_DIR leads past. */
export interface QemuSearch {
  readonly binary: string | undefined;
  readonly imgBinary: string | undefined;
  readonly elsewhere: string | undefined;
}

/**
 * Looks for QEMU: in QEMU_BUILD_DIR (an install prefix, a build tree, or the binary
 * itself) when that is set, and then nowhere else; otherwise in ~/opt/qemu (where
 * the lab guide has it built), in PATH, and where Red Hat keeps it.
 */
export async function searchQemu(
  qemuBuildDir: string | undefined,
  env: Environment,
  isRunnable: IsRunnable,
): Promise<QemuSearch> {
  const everywhere = searchPlaces(env);
  const places = qemuBuildDir === undefined ? everywhere : placesBelow(qemuBuildDir);
  const binary = await firstOf(places, isRunnable);
  if (binary === undefined) {
    const elsewhere =
      qemuBuildDir === undefined ? undefined : await firstOf(everywhere, isRunnable);
    return { binary, imgBinary: undefined, elsewhere };
  }
  // qemu-img of the same build, since it must know the same formats; else the one in PATH.
  const folders = [dirname(binary), ...pathFolders(env), '/usr/bin'];
  const programs = folders.map((folder) => join(folder, 'qemu-img'));
  return { binary, imgBinary: await firstOf(programs, isRunnable), elsewhere: undefined };
}

/**
 * Finds QEMU's programs on this host, as `searchQemu` does. Throws `qemu-missing`, and
 * `consent-needed` for one that nobody agreed to run (see findDoubtful).
 */
export async function findQemuPrograms(
  config: ProgramPlaces,
  env: Environment,
): Promise<QemuPrograms> {
  const { qemuBuildDir } = config;
  const { binary, imgBinary, elsewhere } = await searchQemu(qemuBuildDir, env, isRunnableHere);
  if (binary !== undefined && imgBinary !== undefined) {
    const doubtful = await findDoubtful([binary, imgBinary], config, env);
    if (doubtful.length > 0) throw refuseDoubtful(doubtful);
    return { binary, imgBinary };
  }
  const os = await readOsRelease();
  if (binary !== undefined) {
    throw new UtopiaError(
      'qemu-missing',
      `qemu-img is missing (looked beside ${binary}, in PATH).`,
      { hint: describeInstall(installCommand(os, ['qemu-img'])) },
    );
  }
  if (qemuBuildDir !== undefined) throw nothingBelow(qemuBuildDir, elsewhere);
  throw new UtopiaError('qemu-missing', 'QEMU is not installed on this host.', {
    details: [`Looked for ${systemName} in ~/opt/qemu/bin and PATH, and for qemu-kvm.`],
    hint: describeInstall(installCommand(os, ['qemu', 'qemu-img'])),
  });
}

/** Why such a program was not run, and how to agree. */
export function refuseDoubtful(doubtful: readonly DoubtfulProgram[]): UtopiaError {
  const [first] = doubtful;
  const open = doubtful.find(({ changeable }) => changeable !== undefined);
  if (open?.changeable !== undefined) {
    return new UtopiaError('consent-needed', `${open.path} was not run: others can change it.`, {
      details: [`Others than you and root can write to ${open.changeable}, or it is another's.`],
      hint:
        `Look at it: ls -ld ${quoteForShell(open.changeable)}\n` +
        'Take their right away (chmod go-w), or name another QEMU in QEMU_BUILD_DIR.',
    });
  }
  return new UtopiaError(
    'consent-needed',
    `${first?.path} was not run: it comes with the lab's folder, and nobody agreed to run it.`,
    {
      details: doubtful.slice(1).map(({ path }) => `Nor was ${path}.`),
      hint: 'If you trust who made it: utopia devices --yes      (asked for once)',
    },
  );
}

function nothingBelow(place: string, elsewhere: string | undefined): UtopiaError {
  return new UtopiaError('qemu-missing', `QEMU_BUILD_DIR=${place} holds no ${systemName}.`, {
    details: [`Looked for: bin/${systemName}, ${systemName}, build/${systemName}`],
    hint:
      elsewhere === undefined
        ? 'Build QEMU with that prefix (utopia qemu build), or take the line out of utopia.config and install a package.'
        : `Correct it, or take the line out of utopia.config to use ${elsewhere}.`,
  });
}

function placesBelow(place: string): string[] {
  return [
    join(place, 'bin', systemName),
    join(place, systemName),
    join(place, 'build', systemName),
    place,
  ];
}

/** Where QEMU is looked for without QEMU_BUILD_DIR, the best place first. */
export function searchPlaces(env: Environment): string[] {
  return [
    join(homeFolder(env), 'opt/qemu/bin', systemName),
    ...pathFolders(env).map((folder) => join(folder, systemName)),
    ...otherPlaces,
  ];
}

function pathFolders(env: Environment): string[] {
  return (env['PATH'] ?? '').split(delimiter).filter((folder) => folder.startsWith('/'));
}

/** This host's distribution; an empty one where /etc/os-release is missing. */
export async function readOsRelease(): Promise<OsRelease> {
  for (const file of osReleaseFiles) {
    const text = await readFile(file, 'utf8').catch(() => undefined);
    if (text !== undefined) return parseOsRelease(text);
  }
  return parseOsRelease('');
}

async function firstOf(
  paths: readonly string[],
  isRunnable: IsRunnable,
): Promise<string | undefined> {
  for (const path of paths) if (await isRunnable(path)) return path;
  return undefined;
}

/** Looks on this host, at once: PATH has dozens of places, and a thread for each would take longer. */
export async function isRunnableHere(path: string): Promise<boolean> {
  try {
    accessSync(path, constants.X_OK);
    return await Promise.resolve(statSync(path).isFile());
  } catch {
    return false;
  }
}
