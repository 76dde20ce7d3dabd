import type { FeatureLists } from './qemu-installation.ts';
import type { Environment } from '../environment.ts';
import { UtopiaError } from '../errors.ts';
import { findQemuPrograms } from './find-qemu.ts';
import { aFlag, aText, listOf, object, type Shape } from '../text/shape.ts';
import type { ProgramPlaces } from './program-trust.ts';
import type { QemuInstallation } from './qemu-installation.ts';
import { programKey, remembered } from './verdict-cache.ts';

/** Longest wait for a QEMU that only prints a list. */
const listTimeoutMs = 5_000;

const listsShape: Shape<FeatureLists> = object({
  version: aText,
  devices: listOf(aText),
  netdevs: listOf(aText),
  accelerators: listOf(aText),
  objects: listOf(aText),
  hasSandbox: aFlag,
});

/**
 * Finds QEMU and asks this very binary what it was built with; the answers are
 * remembered until the binary changes. Throws `qemu-missing`, `qemu-unsuitable`.
 */
export async function findQemu(
  config: ProgramPlaces,
  env: Environment,
  signal?: AbortSignal,
  timeoutScale?: number,
): Promise<QemuInstallation> {
  const programs = await findQemuPrograms(config, env);
  const lists = await readFeatures(programs.binary, env, signal, timeoutScale);
  return {
    ...programs,
    version: lists.version,
    devices: new Set(lists.devices),
    netdevs: new Set(lists.netdevs),
    accelerators: new Set(lists.accelerators),
    objects: new Set(lists.objects),
    hasSandbox: lists.hasSandbox,
  };
}

/** The wanted devices and network back ends that this QEMU was built without. */
export function missingFeatures(
  qemu: QemuInstallation,
  wanted: { readonly devices: readonly string[]; readonly netdevs: readonly string[] },
): string[] {
  return [
    ...wanted.devices.filter((name) => !qemu.devices.has(name)),
    ...wanted.netdevs.filter((name) => !qemu.netdevs.has(name)).map((name) => `-netdev ${name}`),
  ];
}

/**
 * What this very binary was built with, remembered until it changes. Throws
 * `qemu-unsuitable` when it does not tell its version.
 */
export async function readFeatures(
  binary: string,
  env: Environment,
  signal?: AbortSignal,
  timeoutScale = 1,
): Promise<FeatureLists> {
  return await remembered(env, 'qemu-features', await programKey(binary), listsShape, async () =>
    askFeatures(binary, listTimeoutMs * timeoutScale, signal),
  );
}

async function askFeatures(
  binary: string,
  timeoutMs: number,
  signal?: AbortSignal,
): Promise<FeatureLists> {
  // Imported here: a remembered answer needs no child process, and no time to load it.
  const { execa } = await import('execa');
  const ask = async (...args: readonly string[]): Promise<{ ok: boolean; text: string }> => {
    const result = await execa(binary, args, {
      reject: false,
      all: true,
      stdin: 'ignore',
      timeout: timeoutMs,
      killSignal: 'SIGKILL',
      ...(signal === undefined ? {} : { cancelSignal: signal }),
    });
    signal?.throwIfAborted();
    // Half an answer would be remembered as a QEMU that lacks the other half.
    if (result.timedOut) throw silent(binary, args, timeoutMs);
    return { ok: result.exitCode === 0, text: result.all ?? '' };
  };
  const [version, devices, netdevs, accelerators, objects, sandbox] = await Promise.all([
    ask('--version'),
    ask('-device', 'help'),
    ask('-netdev', 'help'),
    ask('-accel', 'help'),
    ask('-object', 'help'),
    // A QEMU built without seccomp refuses the option itself; the rest is not reached.
    ask('-sandbox', 'off', '-version'),
  ]);
  return {
    version: requireVersion(binary, version.text),
    devices: parseDevices(devices.text),
    netdevs: parseWords(netdevs.text),
    accelerators: parseWords(accelerators.text),
    objects: parseWords(objects.text),
    hasSandbox: sandbox.ok,
  };
}

function silent(binary: string, args: readonly string[], timeoutMs: number): UtopiaError {
  const seconds = Math.round(timeoutMs / 1000);
  return new UtopiaError(
    'qemu-unsuitable',
    `${binary} ${args.join(' ')} gives no answer within ${seconds} s.`,
    { hint: 'Is the host very busy? Run it by hand to see.' },
  );
}

function requireVersion(binary: string, text: string): string {
  const version = parseVersion(text);
  if (version !== undefined) return version;
  throw new UtopiaError('qemu-unsuitable', `${binary} does not tell its version.`, {
    details: text.split('\n').slice(-5),
    hint: 'Is it a QEMU for this machine? Run it with --version to see.',
  });
}

/** `7.2.22` of `QEMU emulator version 7.2.22 (Debian 1:7.2+dfsg-7+deb12u18)`. */
export function parseVersion(text: string): string | undefined {
  return /version (\d+\.\d+(?:\.\d+)?)/.exec(text)?.[1];
}

/** Lines `name "virtio-9p-pci", bus PCI, …`, some with an alias that works as well. */
export function parseDevices(text: string): string[] {
  return [...text.matchAll(/^name "([^"]+)"|, alias "([^"]+)"/gm)].map(
    (match) => match[1] ?? match[2] ?? '',
  );
}

/** One word a line, indented or not, between headings and warnings that have more. */
export function parseWords(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => /^[a-z0-9-]+$/.test(line));
}
