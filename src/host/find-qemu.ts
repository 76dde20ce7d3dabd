import { constants } from 'node:fs';
import { access, readFile, stat } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import type { Config } from '../config/types.ts';
import type { Environment } from '../context.ts';
import { UtopiaError } from '../errors.ts';
import { homeFolder } from '../places.ts';
import { parseOsRelease } from './os-release.ts';
import { describeInstall, installCommand } from './packages.ts';

/** Where QEMU's two programs are, before anything was asked of them. */
export interface QemuPrograms {
  readonly binary: string;
  readonly imgBinary: string;
}

const systemName = 'qemu-system-x86_64';

/** Distributions that keep QEMU out of PATH, or under another name. */
const otherPlaces = ['/usr/bin/qemu-kvm', '/usr/libexec/qemu-kvm'];

/**
 * Finds QEMU: in QEMU_BUILD_DIR (an install prefix, a build tree, or the binary
 * itself) when that is set, and then nowhere else; otherwise in ~/opt/qemu (where
 * the lab guide has it built), in PATH, and where Red Hat keeps it.
 * Throws `qemu-missing`.
 */
export async function findQemuPrograms(
  config: Pick<Config, 'qemuBuildDir'>,
  env: Environment,
): Promise<QemuPrograms> {
  if (config.qemuBuildDir !== undefined) return await inBuildDir(config.qemuBuildDir, env);
  const binary = await firstRunnable(searchPlaces(env));
  if (binary === undefined) throw await nothingFound();
  return { binary, imgBinary: await imageProgram(binary, env) };
}

function searchPlaces(env: Environment): string[] {
  const path = (env['PATH'] ?? '').split(delimiter).filter((folder) => folder.startsWith('/'));
  return [
    join(homeFolder(env), 'opt/qemu/bin', systemName),
    ...path.map((folder) => join(folder, systemName)),
    ...otherPlaces,
  ];
}

async function inBuildDir(place: string, env: Environment): Promise<QemuPrograms> {
  const candidates = [
    join(place, 'bin', systemName),
    join(place, systemName),
    join(place, 'build', systemName),
    place,
  ];
  const binary = await firstRunnable(candidates);
  if (binary !== undefined) return { binary, imgBinary: await imageProgram(binary, env) };
  const elsewhere = await firstRunnable(searchPlaces(env));
  throw new UtopiaError('qemu-missing', `QEMU_BUILD_DIR=${place} holds no ${systemName}.`, {
    details: [`Looked for: bin/${systemName}, ${systemName}, build/${systemName}`],
    hint:
      elsewhere === undefined
        ? 'Build QEMU with that prefix, or take the line out of utopia.config and install a package.'
        : `Correct it, or take the line out of utopia.config to use ${elsewhere}.`,
  });
}

/** qemu-img of the same build, since it must know the same formats; else the one in PATH. */
async function imageProgram(binary: string, env: Environment): Promise<string> {
  const path = (env['PATH'] ?? '').split(delimiter).filter((folder) => folder.startsWith('/'));
  const folders = [dirname(binary), ...path, '/usr/bin'];
  const found = await firstRunnable(folders.map((folder) => join(folder, 'qemu-img')));
  if (found !== undefined) return found;
  const os = await readOsRelease();
  throw new UtopiaError('qemu-missing', `qemu-img is missing (looked beside ${binary}, in PATH).`, {
    hint: describeInstall(installCommand(os, ['qemu-img'])),
  });
}

async function nothingFound(): Promise<UtopiaError> {
  const os = await readOsRelease();
  return new UtopiaError('qemu-missing', 'QEMU is not installed on this host.', {
    details: [`Looked for ${systemName} in ~/opt/qemu/bin and PATH, and for qemu-kvm.`],
    hint: describeInstall(installCommand(os, ['qemu', 'qemu-img'])),
  });
}

/** This host's distribution; an empty one where /etc/os-release is missing. */
export async function readOsRelease() {
  for (const file of ['/etc/os-release', '/usr/lib/os-release']) {
    const text = await readFile(file, 'utf8').catch(() => undefined);
    if (text !== undefined) return parseOsRelease(text);
  }
  return parseOsRelease('');
}

async function firstRunnable(paths: readonly string[]): Promise<string | undefined> {
  for (const path of paths) {
    try {
      await access(path, constants.X_OK);
      if ((await stat(path)).isFile()) return path;
    } catch {
      // Not there, or not to be run: the next one.
    }
  }
  return undefined;
}
