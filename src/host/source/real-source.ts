import { readdirSync, readFileSync, statSync } from 'node:fs';
import { open, statfs } from 'node:fs/promises';
import { availableParallelism, machine, release } from 'node:os';
import type { Environment } from '../../environment.ts';
import type { CanaryResult } from '../canary.ts';
import { isRunnableHere } from '../find-qemu.ts';
import { describeHolder, probePort } from '../port-state.ts';
import { readKernelMessages } from './kernel-messages.ts';
import { openSpeed } from './speed.ts';
import type { FileStatus, HostSource, Space } from './host-source.ts';
import { aFlag, aNumber, aText, maybe, object, type Shape } from '../../text/shape.ts';

/** Longest wait for a program that answers from a database. */
const answerTimeoutMs = 2_000;
const canaryShape: Shape<CanaryResult> = object({
  exit: maybe(aNumber),
  signal: maybe(aText),
  stderr: maybe(aText),
  timeout: maybe(aFlag),
  ms: aNumber,
});
/** Longest wait for a guest of seven bytes under emulation. */
const emulationTimeoutMs = 10_000;

/**
 * This host, as this process may see it. Children end with the signal; their time limits
 * are multiplied by `timeoutScale`.
 */
export function openRealHost(env: Environment, signal: AbortSignal, timeoutScale = 1): HostSource {
  const speed = openSpeed(env, signal);
  return {
    user: { name: undefined, uid: process.geteuid?.(), gid: undefined },
    env,
    kernel: release(),
    arch: machine(),
    readText: async (path) => attempt(() => readFileSync(path, 'utf8')),
    list: async (folder) => (attempt(() => readdirSync(folder)) ?? []).toSorted(),
    stat: async (path) => attempt(() => describe(path)),
    openReadWrite,
    space: readSpace,
    isRunnable: isRunnableHere,
    readKernelLog: async () => await readKernelMessages(signal),
    findGroup: async (gid) => await ask('getent', ['group', String(gid)], signal),
    // What starts children is imported when it is wanted: warm caches need none of it.
    askQemu: async (binary) => {
      const { readFeatures } = await import('../qemu-features.ts');
      return await readFeatures(binary, env, signal, timeoutScale);
    },
    testKvm: async (binary) => {
      const { judgeThisHost } = await import('../kvm-on-this-host.ts');
      const verdict = await judgeThisHost(binary, env, signal, timeoutScale, () => {
        // Where KVM is still awaited it most likely hangs: the next question will be
        // how fast the host is without it. One processor alone is left to the canary.
        if (availableParallelism() > 1) speed.start(binary);
      });
      if (verdict.works) speed.stop();
      return verdict;
    },
    testEmulation: async (binary) => await testEmulation(binary, env, signal, timeoutScale),
    measureSlowdown: async (binary) => await speed.ask(binary),
    tryNamespace: async () =>
      // What an AppArmor profile lets one program do, another may not.
      (await succeeds('mmdebstrap', ['--unshare-helper', 'true'], signal)) ??
      (await succeeds('unshare', ['--user', '--map-root-user', 'true'], signal)) ??
      false,
    askTools: async (sign) => {
      const { askTools } = await import('./ask-tools.ts');
      return await askTools(sign, signal);
    },
    bindPort: async (host, port) => {
      const state = await probePort(host, port);
      if (state.free) return state;
      const { code, holder } = state;
      const text = holder && describeHolder(holder, new Date());
      return { free: false, code, holder: text, pid: holder?.pid };
    },
  };
}

/**
 * Runs a read that fails where there is nothing. These are the kernel's files and
 * those of /etc and /usr: a hundred of them are read sooner than a hundred threads
 * are woken.
 */
function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

function describe(path: string): FileStatus {
  const file = statSync(path);
  const type = file.isCharacterDevice()
    ? 'chr'
    : file.isFile()
      ? 'file'
      : file.isDirectory()
        ? 'dir'
        : 'other';
  // glibc's dev_t: major and minor numbers of up to 12 and 20 bits, interleaved.
  const major = (file.rdev >> 8) & 0xfff;
  const minor = (file.rdev & 0xff) | ((file.rdev >> 12) & 0xfff00);
  return {
    type,
    rdev: type === 'chr' ? [major, minor] : undefined,
    mode: file.mode & 0o7777,
    uid: file.uid,
    gid: file.gid,
  };
}

async function openReadWrite(path: string): Promise<string | undefined> {
  try {
    await (await open(path, 'r+')).close();
    return undefined;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? 'unknown';
  }
}

async function readSpace(folder: string): Promise<Space | undefined> {
  const system = await statfs(folder).catch(() => undefined);
  if (system === undefined) return undefined;
  return {
    availableBytes: system.bavail * system.bsize,
    freeBytes: system.bfree * system.bsize,
    // btrfs makes inodes as it needs them and counts none.
    availableInodes: system.files === 0 ? undefined : system.ffree,
  };
}

async function testEmulation(
  binary: string,
  env: Environment,
  signal: AbortSignal,
  timeoutScale: number,
): Promise<CanaryResult> {
  const { programKey, remembered } = await import('../verdict-cache.ts');
  const key = await programKey(binary);
  const probe = async (): Promise<CanaryResult> => {
    const { runCanary } = await import('../canary.ts');
    const timeoutMs = emulationTimeoutMs * timeoutScale;
    return await runCanary({ binary, accelerator: 'tcg', timeoutMs, signal });
  };
  return await remembered(
    env,
    'emulation',
    key,
    canaryShape,
    probe,
    (result) => result.exit !== undefined,
  );
}

/** A program's answer, or undefined when it has none, is missing or does not come back. */
async function ask(
  program: string,
  args: readonly string[],
  signal: AbortSignal,
): Promise<string | undefined> {
  const { execFile } = await import('node:child_process');
  return await new Promise((resolve) => {
    execFile(program, args, { timeout: answerTimeoutMs, signal }, (error, stdout) =>
      resolve(error === null && stdout.trim() !== '' ? stdout.trim() : undefined),
    );
  });
}

/** Whether a program ends with 0; undefined when it is not there. */
async function succeeds(
  program: string,
  args: readonly string[],
  signal: AbortSignal,
): Promise<boolean | undefined> {
  const { execFile } = await import('node:child_process');
  return await new Promise((resolve) => {
    execFile(program, args, { timeout: answerTimeoutMs, signal }, (error) =>
      resolve(error?.code === 'ENOENT' ? undefined : error === null),
    );
  });
}
