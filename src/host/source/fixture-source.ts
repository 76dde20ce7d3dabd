import { readdir, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { UtopiaError } from '../../errors.ts';
import { canaryExit } from '../canary-exit.ts';
import type { CanaryResult } from '../canary.ts';
import { isRunnableHere } from '../find-qemu.ts';
import { judgeKvm } from '../kvm-verdict.ts';
import type { FeatureLists } from '../qemu-installation.ts';
import { parseVersion } from '../qemu-features.ts';
import type { FileStatus, HostSource, Space } from './host-source.ts';
import { readRegularText, whyUnreadable } from '../../system/regular-file.ts';
import { checkValue } from '../../system/json-file.ts';
import {
  descriptionShape,
  type DescribedCanary,
  type DescribedFile,
  type DescribedProbes,
  type HostDescription,
} from './host-description.ts';

/** Canaries mostly start QEMU and the firmware: below this ratio their times say nothing about a guest's speed. */
const leastTellingRatio = 2;

/** A folder's file system where host.json names none at all. */
const plentyOfSpace: Space = {
  availableBytes: 60e9,
  freeBytes: 60e9,
  availableInodes: undefined,
};

/**
 * A host described by a folder: real files under proc/, sys/, etc/ …, and host.json
 * (see docs/doctor.md). Nothing is run, and nothing of the real host is read.
 * Throws `usage` when the folder is missing or host.json is not readable JSON.
 */
export async function openFixture(root: string): Promise<HostSource> {
  const description = await readDescription(root);
  const { user, kernel, arch, env = {}, open = {}, programs = [], probes = {} } = description;
  const base = await realpath(root);
  /** A link that leads out of the tree leads nowhere: the real host is not read. */
  async function inTree(path: string): Promise<string> {
    const real = await realpath(join(base, path));
    if (real === base || real.startsWith(`${base}/`)) return real;
    throw new Error(`${path} leads out of ${root}`);
  }

  async function describe(path: string): Promise<FileStatus | undefined> {
    const described = description.stat?.[path];
    if (described !== undefined) return statusOf(described);
    const file = await inTree(path).then(
      async (real) => await stat(real),
      () => undefined,
    );
    if (file === undefined) return undefined;
    const type = file.isFile() ? 'file' : file.isDirectory() ? 'dir' : 'other';
    return { type, rdev: undefined, mode: file.mode & 0o7777, uid: 0, gid: 0 };
  }

  return {
    user: { name: user?.name, uid: user?.uid, gid: user?.gid },
    env,
    kernel,
    arch,
    readText: async (path) =>
      await inTree(path)
        .then(async (real) => await readRegularText(real))
        .catch(() => undefined),
    list: async (folder) =>
      (
        await inTree(folder)
          .then(async (real) => await readdir(real))
          .catch((): string[] => [])
      ).toSorted(),
    stat: describe,
    openReadWrite: async (path) =>
      open[path] ?? ((await describe(path)) === undefined ? 'ENOENT' : undefined),
    space: async (folder) => chooseSpace(description.statfs, folder),
    isRunnable: async (path) =>
      programs.includes(path) || (await inTree(path).then(isRunnableHere, () => false)),
    // Nothing said about the log: a log that says nothing, and may have lost its start.
    readKernelLog: async () => (probes['kernel-log'] === undefined ? '' : probes['kernel-log']),
    findGroup: async (gid) => probes['getent-group']?.[String(gid)],
    askQemu: async () => answersOf(probes),
    testKvm: async () => {
      const kvm = probes['kvm-canary'];
      if (kvm === undefined) return undefined;
      return judgeKvm(canaryOf(kvm), canaryOf(probes['tcg-canary'] ?? { exit: 33 }), 'host');
    },
    testEmulation: async () => {
      const tcg = probes['tcg-canary'];
      return tcg === undefined ? undefined : canaryOf(tcg);
    },
    measureSlowdown: async () => slowdownOf(probes),
    tryNamespace: async () => probes['user-namespace'] === true,
    // Its files tell.
    askTools: async () => undefined,
    bindPort: async () => undefined,
  };
}

async function readDescription(root: string): Promise<HostDescription> {
  const folder = await stat(root).catch(() => undefined);
  if (folder?.isDirectory() !== true) {
    throw new UtopiaError('usage', `--root=${root} is not a folder.`, {
      hint: 'Name a folder that describes a host, such as fixtures/hosts/ubuntu-intel-ok.',
    });
  }
  const path = join(root, 'host.json');
  const text = await readRegularText(path).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '{}';
    throw unusable(`${path} cannot be read: ${whyUnreadable(error)}`, error);
  });
  let description: unknown;
  try {
    // What is null is absent, as everywhere in JSON; but a log that is null was refused.
    description = JSON.parse(text, (key, value: unknown) =>
      value === null && key !== 'kernel-log' ? undefined : value,
    );
  } catch (error) {
    throw unusable(`${path} is not JSON: ${(error as Error).message}`, error);
  }
  const reading = checkValue(description ?? {}, descriptionShape);
  if (reading.kind === 'read') return reading.value;
  throw unusable(`${path} cannot be used: ${reading.why}`);
}

function unusable(message: string, cause?: unknown): UtopiaError {
  const hint = 'docs/doctor.md shows what it may hold.';
  return new UtopiaError('usage', message, cause === undefined ? { hint } : { hint, cause });
}

const fileTypes: Readonly<Record<string, FileStatus['type']>> = {
  chr: 'chr',
  char: 'chr',
  file: 'file',
  reg: 'file',
  dir: 'dir',
};

function statusOf(file: DescribedFile): FileStatus {
  return {
    type: fileTypes[file.type ?? (file.rdev === undefined ? 'file' : 'chr')] ?? 'other',
    rdev: file.rdev,
    mode: Number.parseInt(file.mode ?? '0', 8) & 0o7777,
    uid: file.uid ?? 0,
    gid: file.gid ?? 0,
  };
}

/** The entry with the longest prefix; where the real lab lies in none of them, the tightest. */
function chooseSpace(entries: HostDescription['statfs'], folder: string): Space | undefined {
  const all = Object.entries(entries ?? {});
  if (all.length === 0) return plentyOfSpace;
  const around = all.filter(
    ([path]) => path === '/' || folder === path || folder.startsWith(`${path.replace(/\/$/, '')}/`),
  );
  const [, chosen] =
    around.length > 0
      ? around.reduce((a, b) => (b[0].length > a[0].length ? b : a))
      : all.reduce((a, b) =>
          (b[1].availableBytes ?? Infinity) < (a[1].availableBytes ?? Infinity) ? b : a,
        );
  if (chosen.availableBytes === undefined && chosen.availableInodes === undefined) return undefined;
  return {
    availableBytes: chosen.availableBytes ?? plentyOfSpace.availableBytes,
    freeBytes: chosen.freeBytes,
    availableInodes: chosen.availableInodes,
  };
}

function answersOf(probes: DescribedProbes): Partial<FeatureLists> | undefined {
  const { 'qemu-version': version, 'qemu-devices': devices } = probes;
  const { 'qemu-netdevs': netdevs, 'qemu-accels': accelerators } = probes;
  const number = version === undefined ? undefined : parseVersion(version);
  return {
    ...(number === undefined ? {} : { version: number }),
    ...(devices === undefined ? {} : { devices }),
    ...(netdevs === undefined ? {} : { netdevs }),
    ...(accelerators === undefined ? {} : { accelerators }),
  };
}

/** As described, else by the two canaries, whose times differ more than their starts would. */
function slowdownOf({ slowdown, 'kvm-canary': kvm, 'tcg-canary': tcg }: DescribedProbes) {
  if (slowdown !== undefined) return slowdown;
  if (kvm?.exit !== canaryExit || tcg?.exit !== canaryExit) return undefined;
  const ratio = (tcg.ms ?? 0) / (kvm.ms ?? Infinity);
  return ratio >= leastTellingRatio ? ratio : undefined;
}

function canaryOf(described: DescribedCanary): CanaryResult {
  return { ...described, ms: described.ms ?? 100 };
}
