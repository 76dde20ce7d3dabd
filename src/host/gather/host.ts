import type { Config } from '../../config/machine-config.ts';
import type { Environment } from '../../environment.ts';
import { canaryExit } from '../canary-exit.ts';
import type { AccountEntry } from '../facts/accounts.ts';
import type { DeviceFacts, HostFacts, NearMiss, QemuFacts } from '../facts/machine-facts.ts';
import { searchPlaces, searchQemu } from '../find-qemu.ts';
import type { HostSource } from '../source/host-source.ts';
import type { WorkNeeds } from '../works.ts';
import { readPeople } from '../find-people.ts';
import { startAsking, type Ask } from './asking.ts';
import { gatherAccount, gatherDevice } from './device.ts';
import { gatherKernel, gatherMachine } from './machine.ts';
import { gatherModules } from './modules.ts';
import { gatherNamespaces } from './namespaces.ts';
import { gatherResources } from './resources.ts';
import { gatherWork } from './work.ts';

/** What the facts depend on besides the host; without a config the lab's facts stay out. */
export interface GatherOptions {
  readonly config: Config | undefined;
  /** Folder that the overlay lies in, or will. */
  readonly overlayFolder: string | undefined;
  /** What the checks of the group Work that are asked for look for. */
  readonly work?: readonly WorkNeeds[];
  readonly signal: AbortSignal;
  /** By what time limits are multiplied; 1 without. */
  readonly timeoutScale?: number;
}

/** Names of QEMU's programs for other guests, the likely ones. */
const otherGuests = ['i386', 'aarch64', 'arm', 'riscv64', 'ppc64', 's390x', 'mips'];

/** Where a shell looks when nobody set PATH. */
const usualPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
/** Longest wait for QEMU's lists, and for its canaries; each child has a limit of its own as well. */
const listsTimeoutMs = 8_000;
const canaryTimeoutMs = 40_000;

/** Reads everything that the checks want to know, once, each fact within its own time. */
export async function gatherHost(source: HostSource, options: GatherOptions): Promise<HostFacts> {
  const { config, overlayFolder, signal, timeoutScale, work: wanted = [] } = options;
  const { ask, gaps } = startAsking(signal, timeoutScale);
  const asked = ask('people', async () => await readPeople(source));
  const [kvmFacts, resources, namespaces, people] = await Promise.all([
    gatherKvmFacts(source, ask),
    gatherResources(source, config, overlayFolder, ask, asked),
    gatherNamespaces(source, ask),
    asked,
  ]);
  const { machine, account } = kvmFacts;
  let { device } = kvmFacts;
  const qemu = await gatherQemu(source, machine.env, config?.qemuBuildDir, ask);
  const canaries = await runCanaries(source, device, qemu, ask);
  // A machine that starts makes the kernel tell udev of /dev/kvm, which may undo a mode set by hand.
  if (canaries.kvm !== undefined && device.forEverybody) {
    device = await gatherDevice(source, account, ask);
  }
  const runs = qemu.binary !== undefined && canaries.emulation?.exit === canaryExit;
  const emulates = canaries.kvm?.works !== true || config?.accelerator === 'tcg';
  const slowdown =
    runs && emulates
      ? await ask('speed', async () => await source.measureSlowdown(qemu.binary ?? ''))
      : undefined;
  const work = wanted.length === 0 ? undefined : await gatherWork(source, kvmFacts, wanted, ask);
  const others = { people, namespaces, resources, work, gaps };
  return { ...kvmFacts, ...others, device, qemu, ...canaries, slowdown };
}

/** The part that tells whether KVM can be used, short of running a guest: files only. */
export async function gatherKvmFacts(
  source: HostSource,
  ask: Ask,
): Promise<Pick<HostFacts, 'machine' | 'modules' | 'account' | 'device'>> {
  const { account, entry } = await gatherAccount(source, ask);
  const env = completeEnvironment(source.env, entry, account.name);
  const kernel = await gatherKernel(source, ask);
  const [modules, device] = await Promise.all([
    gatherModules(source, kernel, ask),
    gatherDevice(source, account, ask),
  ]);
  const otherHypervisor = modules.loaded.has('vboxdrv') || modules.loaded.has('vmmon');
  const driver = ['kvm_intel', 'kvm_amd', 'kvm_pvm'].some((name) => modules.loaded.has(name));
  const machine = await gatherMachine(source, env, ask, { kernel, otherHypervisor, driver });
  return { machine, modules, account, device };
}

/** A described host may leave out what every login has. */
function completeEnvironment(
  env: Environment,
  entry: AccountEntry | undefined,
  name: string | undefined,
): Environment {
  return {
    ...env,
    PATH: env['PATH'] ?? usualPath,
    HOME: env['HOME'] ?? entry?.home ?? `/home/${name ?? 'user'}`,
  };
}

async function gatherQemu(
  source: HostSource,
  env: Environment,
  qemuBuildDir: string | undefined,
  ask: Ask,
): Promise<QemuFacts> {
  const found = await ask(
    'QEMU',
    async () => await searchQemu(qemuBuildDir, env, (path) => source.isRunnable(path)),
  );
  const { binary, imgBinary, elsewhere } = found ?? {};
  const withheld = binary !== undefined && (await source.mayRun?.(binary)) === false;
  const features =
    binary === undefined || withheld
      ? undefined
      : await ask('QEMU lists', async () => await source.askQemu(binary), listsTimeoutMs);
  const nearMiss = binary === undefined ? await findNearMiss(source, env, ask) : undefined;
  const ssh = await findSsh(source, env, ask);
  return { binary, imgBinary, elsewhere, nearMiss, withheld, features, ssh };
}

/** QEMU as a file that may not be run, or QEMU for other guests: neither is "not installed". */
async function findNearMiss(
  source: HostSource,
  env: Environment,
  ask: Ask,
): Promise<NearMiss | undefined> {
  const places = searchPlaces(env);
  for (const path of places) {
    const file = await ask(path, async () => await source.stat(path));
    if (file?.type === 'file') return { path, fault: 'not-executable' };
  }
  const others = places.filter((path) => path.endsWith('x86_64'));
  for (const other of otherGuests) {
    for (const place of others) {
      const path = place.replace(/x86_64$/, other);
      if (await ask(path, async () => await source.isRunnable(path))) {
        return { path, fault: 'other-guest' };
      }
    }
  }
  return undefined;
}

async function findSsh(
  source: HostSource,
  env: Environment,
  ask: Ask,
): Promise<string | undefined> {
  for (const folder of (env['PATH'] ?? '').split(':')) {
    const path = `${folder}/ssh`;
    if (await ask(path, async () => await source.isRunnable(path))) return path;
  }
  return undefined;
}

/** KVM's canary brings one under emulation with it; without KVM that one runs alone. */
async function runCanaries(
  source: HostSource,
  device: DeviceFacts,
  { binary, features }: QemuFacts,
  ask: Ask,
): Promise<Pick<HostFacts, 'kvm' | 'emulation'>> {
  // A QEMU that does not even list what it can do would only be waited for again.
  if (binary === undefined || features === undefined) {
    return { kvm: undefined, emulation: undefined };
  }
  const hasKvm = features.accelerators?.includes('kvm') !== false;
  const opens = device.file?.type === 'chr' && device.errno === undefined;
  const kvm =
    hasKvm && opens
      ? await ask('KVM canary', async () => await source.testKvm(binary), canaryTimeoutMs)
      : undefined;
  if (kvm?.tcgMs !== undefined) {
    return { kvm, emulation: { exit: kvm.tcgExit, ms: kvm.tcgMs } };
  }
  const emulation = await ask(
    'emulation canary',
    async () => await source.testEmulation(binary),
    canaryTimeoutMs,
  );
  return { kvm, emulation };
}
