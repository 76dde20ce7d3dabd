import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { UtopiaError } from '../../errors.ts';
import { findProgram } from '../../host/find-program.ts';
import { guessSuite, offeredSuites } from '../../image/debian/debian-suites.ts';
import { fetchFile } from '../../image/fetch/fetch-file.ts';
import type { FetchEvent } from '../../image/fetch/fetch-events.ts';
import { availableBytes } from '../../image/free-space.ts';
import {
  aptSources,
  debugPackage,
  isDebianRelease,
  keptSymbols,
  readOffer,
  suitesOf,
  type OfferedPackage,
} from '../../kernel/debug-package.ts';
import { draftPath, removeDrafts } from '../../system/atomic-file.ts';
import { isReachable } from '../../system/look.ts';
import { makeFolder } from '../../system/make-folder.ts';
import { formatBytes } from '../../text/format.ts';
import type { LifecycleContext } from '../lifecycle-context.ts';

type SymbolsContext = Pick<LifecycleContext, 'env' | 'signal'>;

/** Debian's keys, of the package debian-archive-keyring. */
const keyring = '/usr/share/keyrings/debian-archive-keyring.gpg';
/** A vmlinux with symbols has 600 to 900 MB. */
const vmlinuxBytes = 1.2e9;
/** Lists of packages are 20 MB; a mirror that sends for minutes is none. */
const listsMs = 180_000;

/** Throws `kernel-unknown` for what cannot be a release of Debian's. */
export function requireDebianRelease(release: string): void {
  if (isDebianRelease(release)) return;
  throw new UtopiaError('kernel-unknown', `${release} is no kernel of Debian's for amd64.`, {
    hint: 'A kernel of your own has its symbols in its objects: utopia kernel path NAME --objects',
  });
}

/**
 * Finds Debian's package with the symbols of a kernel: by lists that apt fetches into a folder of
 * its own, and whose signatures it compares with Debian's keys. This host's own apt is left alone.
 * Throws `program-missing`, `kernel-unknown`, `download-failed`.
 */
export async function findDebugPackage(
  { env, signal }: SymbolsContext,
  release: string,
  mirror: string,
): Promise<OfferedPackage> {
  requireDebianRelease(release);
  const apt = await requireTool('apt-get', 'apt', env);
  if (!(await isReachable(keyring))) {
    throw new UtopiaError('program-missing', `Debian's keys are not there: ${keyring}`, {
      hint: 'Install the package debian-archive-keyring.',
    });
  }
  const base = join(dirname(dirname(keptSymbols(env, release))), 'apt');
  await makeFolder(dirname(base), { mode: 0o700 });
  await removeDrafts(base);
  const folder = draftPath(base);
  const all = offeredSuites().map(({ name }) => name);
  const suites = suitesOf(release, (word) => guessSuite(word)?.name, all);
  try {
    for (const each of ['lists/partial', 'cache/archives/partial'])
      await mkdir(join(folder, each), { recursive: true, mode: 0o700 });
    await writeFile(join(folder, 'status'), '');
    await writeFile(join(folder, 'debian.sources'), aptSources(suites, mirror, keyring));
    const settings = aptSettings(folder);
    const updated = await runApt(apt, [...settings, '-qq', 'update'], { env, signal });
    const words = ['download', '--print-uris', debugPackage(release)];
    const asked = await runApt(apt, [...settings, '-qq', ...words], { env, signal });
    const offer = readOffer(asked.stdout);
    if (offer !== undefined) return offer;
    const failed = updated.status !== 0;
    throw new UtopiaError(
      failed ? 'download-failed' : 'kernel-unknown',
      failed
        ? "Debian's lists of packages cannot be fetched."
        : `${suites.join(', ')} of Debian has no ${debugPackage(release)} any more.`,
      {
        details: (failed ? updated : asked).stderr
          .split('\n')
          .filter((line) => /^[EW]:/.test(line))
          .slice(0, 5)
          .map((line) => `| ${line}`),
        hint: failed
          ? 'Look at the network, or name another mirror: --mirror URL'
          : 'Debian keeps the symbols of its newest kernel: update the one in the guest (apt-get update; apt-get upgrade), and reboot it.',
      },
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function aptSettings(folder: string): string[] {
  return [
    `Dir::Etc::sourcelist=${join(folder, 'debian.sources')}`,
    'Dir::Etc::sourceparts=/dev/null',
    'Dir::Etc::preferencesparts=/dev/null',
    `Dir::State::lists=${join(folder, 'lists')}`,
    `Dir::Cache=${join(folder, 'cache')}`,
    // What this host has installed is no version to look for.
    `Dir::State::status=${join(folder, 'status')}`,
    'APT::Architecture=amd64',
    'APT::Architectures=amd64',
    'APT::Sandbox::User=',
    'Acquire::Languages=none',
  ].flatMap((each) => ['-o', each]);
}

async function runApt(
  program: string,
  words: readonly string[],
  { env, signal }: SymbolsContext,
): Promise<{ readonly status: number; readonly stdout: string; readonly stderr: string }> {
  const { execa } = await import('execa');
  const { exitCode, stdout, stderr } = await execa(program, words, {
    ...{ env: { ...env, LC_ALL: 'C' }, extendEnv: false, reject: false, stdin: 'ignore' },
    ...{ cancelSignal: signal, timeout: listsMs, maxBuffer: 1024 * 1024 },
  });
  signal.throwIfAborted();
  return { status: exitCode ?? 1, stdout, stderr };
}

/** What is told of a fetch. */
export interface FetchingSymbols {
  readonly onFetch: (event: FetchEvent) => void;
  readonly onUnpack: () => void;
}

/**
 * Fetches such a package, from where an earlier attempt stopped, compares its checksum with the one
 * in the signed lists, and keeps its vmlinux. Gives the path. Throws what fetchFile throws,
 * `disk-full`, `program-missing`, `source-unsuitable`.
 */
export async function fetchSymbols(
  { env, signal }: SymbolsContext,
  release: string,
  { url, sha256, bytes }: OfferedPackage,
  { onFetch, onUnpack }: FetchingSymbols,
): Promise<string> {
  const vmlinux = keptSymbols(env, release);
  const folder = dirname(vmlinux);
  const dpkg = await requireTool('dpkg-deb', 'dpkg', env);
  const parent = dirname(folder);
  await makeFolder(parent, { mode: 0o700 });
  await requireRoom(parent, bytes + vmlinuxBytes);
  const archive = join(parent, `${release}.deb`);
  await fetchFile({ url, output: archive, sha256, signal, report: onFetch });
  onUnpack();
  await removeDrafts(folder);
  const draft = draftPath(folder);
  try {
    await mkdir(draft, { mode: 0o700 });
    const names = [
      `usr/lib/debug/boot/vmlinux-${release}`,
      `usr/lib/debug/lib/modules/${release}/vmlinux`,
    ];
    await unpack(dpkg, archive, draft, names, { env, signal });
    for (const name of names) {
      const found = await stat(join(draft, name)).catch(() => undefined);
      if (found?.isFile() === true && !(await isReachable(join(draft, 'vmlinux'))))
        await rename(join(draft, name), join(draft, 'vmlinux'));
    }
    if (!(await isReachable(join(draft, 'vmlinux')))) {
      await rm(archive, { force: true });
      throw new UtopiaError(
        'source-unsuitable',
        `${basename(url.pathname)} has no vmlinux in it.`,
        {
          hint: 'utopia gdb --vmlinux FILE takes one of yours.',
        },
      );
    }
    await rm(join(draft, 'usr'), { recursive: true, force: true });
    // What is there was cut short.
    await rm(folder, { recursive: true, force: true });
    await rename(draft, folder);
    await rm(archive, { force: true });
    return vmlinux;
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

async function requireRoom(folder: string, needed: number): Promise<void> {
  const available = await availableBytes(folder);
  if (available >= needed) return;
  throw new UtopiaError(
    'disk-full',
    `No room in ${folder}: ${formatBytes(available)} free, ${formatBytes(needed)} needed.`,
    { hint: 'Free some space there; the same command then continues where it stopped.' },
  );
}

/** dpkg-deb unpacks, tar takes these files alone: all of them are gigabytes. */
async function unpack(
  dpkg: string,
  archive: string,
  folder: string,
  names: readonly string[],
  { env, signal }: SymbolsContext,
): Promise<void> {
  const from = spawn(dpkg, ['--fsys-tarfile', archive], {
    ...{ env: { ...env }, signal, stdio: ['ignore', 'pipe', 'ignore'] },
  });
  const members = names.map((name) => `./${name}`);
  const to = spawn('tar', ['-x', '-C', folder, '--no-same-owner', '--', ...members], {
    ...{ env: { ...env }, signal, stdio: ['pipe', 'ignore', 'ignore'] },
  });
  // Names that are not in it are told by what is there afterwards.
  const ended = Promise.all([once(from, 'close'), once(to, 'close')]);
  await Promise.all([ended, pipeline(from.stdout, to.stdin).catch(() => {})]);
  signal.throwIfAborted();
}

async function requireTool(
  name: string,
  packageName: string,
  env: LifecycleContext['env'],
): Promise<string> {
  const program = await findProgram(name, env);
  if (program !== undefined) return program;
  throw new UtopiaError(
    'program-missing',
    `This host has no ${name}, which Debian's packages need.`,
    {
      hint: `Install the package ${packageName}, or name symbols of yours: utopia gdb --vmlinux FILE`,
    },
  );
}
