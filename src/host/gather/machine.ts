import type { Environment } from '../../environment.ts';
import { countWith, parseCpuinfo, type CpuFacts } from '../facts/cpuinfo.ts';
import { parseMounts } from '../facts/mounts.ts';
import { parseProcessStatus } from '../facts/process-status.ts';
import { detectJobRunner, detectWsl } from '../facts/surroundings.ts';
import type { MachineFacts } from '../facts/machine-facts.ts';
import { osReleaseFiles, parseOsRelease } from '../os-release.ts';
import type { HostSource } from '../source/host-source.ts';
import type { Ask } from './asking.ts';
import { gatherContainer } from './container.ts';

/** Programs that run a virtual machine of VirtualBox or VMware (their names in /proc/PID/comm). */
const otherHypervisors = /^(VBoxHeadless|VirtualBoxVM|vmware-vmx)/;
/** Up to version 5 a machine runs in the manager's own program, which without this only shows a list. */
const startsMachine = /^VirtualBox$/;

/** The processor, the kernel and what they run in. */
export async function gatherMachine(
  source: HostSource,
  env: Environment,
  ask: Ask,
  known: {
    readonly kernel: string | undefined;
    readonly otherHypervisor: boolean;
    /** KVM's module for a processor is there: then no BIOS keeps it from working. */
    readonly driver: boolean;
  },
): Promise<MachineFacts> {
  const read = async (path: string): Promise<string | undefined> =>
    await ask(path, async () => await source.readText(path));
  const [cpuinfo, version, osrelease, vendor, product, assetTag] = await Promise.all([
    read('/proc/cpuinfo'),
    read('/proc/version'),
    read('/proc/sys/kernel/osrelease'),
    read('/sys/class/dmi/id/sys_vendor'),
    read('/sys/class/dmi/id/product_name'),
    read('/sys/class/dmi/id/chassis_asset_tag'),
  ]);
  const [os, mounts, interop, systemd] = await Promise.all([
    readOs(read),
    read('/proc/self/mounts').then(
      async (text) =>
        text ?? (await read('/proc/mounts')) ?? (await read('/proc/self/mountinfo')) ?? '',
    ),
    ask('WSLInterop', async () => await source.stat('/proc/sys/fs/binfmt_misc/WSLInterop')),
    ask('systemd', async () => await source.stat('/run/systemd/system')),
  ]);
  const { container, markers } = await gatherContainer(
    source,
    env,
    { mounts: parseMounts(mounts), kernel: known.kernel },
    ask,
  );
  const cpu = cpuinfo === undefined ? undefined : parseCpuinfo(cpuinfo);
  const releases = [releaseOf(version), osrelease, source.kernel].filter(
    (name) => name !== undefined,
  );
  const wslName = releases.find((name) => /microsoft|WSL/i.test(name)) ?? releases[0] ?? '';
  return {
    os,
    env,
    arch: source.arch ?? archOf(cpu),
    kernel: known.kernel,
    wsl: detectWsl(wslName, interop !== undefined),
    container,
    containerMarkers: markers,
    jobRunner: detectJobRunner(env),
    systemd: systemd !== undefined,
    vendor: vendor?.trim(),
    product: product?.trim(),
    assetTag: assetTag?.trim(),
    cpu,
    kernelLog: asksForLog(cpu, known.driver)
      ? await ask('kernel log', async () => await source.readKernelLog())
      : undefined,
    pagingParameter: await readPaging(read),
    virtualMachines: known.otherHypervisor ? await findVirtualMachines(source, ask) : [],
  };
}

/**
 * The log tells why a flag is missing, and, where the flag is there and no module, whether
 * the BIOS keeps it from being used. In a virtual machine the hypervisor outside hides
 * the flag, whatever the log says.
 */
function asksForLog(cpu: CpuFacts | undefined, driver: boolean): boolean {
  if (cpu === undefined || driver) return false;
  const complete = countWith(cpu, 'vmx', 'svm') === cpu.processors.length;
  return complete || countWith(cpu, 'hypervisor') === 0;
}

/** The running kernel, as `uname -r` prints it. */
export async function gatherKernel(source: HostSource, ask: Ask): Promise<string | undefined> {
  if (source.kernel !== undefined) return source.kernel;
  const path = '/proc/sys/kernel/osrelease';
  const release = await ask(path, async () => await source.readText(path));
  if (release !== undefined) return release.trim();
  const version = await ask('/proc/version', async () => await source.readText('/proc/version'));
  return releaseOf(version);
}

/** The release in /proc/version; the host that a kernel was built on, which stands there too, says nothing. */
function releaseOf(version: string | undefined): string | undefined {
  return /^Linux version (\S+)/.exec(version ?? '')?.[1] ?? version;
}

function archOf(cpu: CpuFacts | undefined): string | undefined {
  if (cpu?.family !== 'x86') return undefined;
  return countWith(cpu, 'lm') > 0 ? 'x86_64' : 'i686';
}

async function readOs(read: (path: string) => Promise<string | undefined>) {
  for (const path of osReleaseFiles) {
    const text = await read(path);
    if (text !== undefined) return parseOsRelease(text);
  }
  return parseOsRelease('');
}

async function readPaging(
  read: (path: string) => Promise<string | undefined>,
): Promise<MachineFacts['pagingParameter']> {
  for (const path of [
    '/sys/module/kvm_intel/parameters/ept',
    '/sys/module/kvm_amd/parameters/npt',
  ]) {
    const value = (await read(path))?.trim();
    if (value !== undefined) return { path, value };
  }
  return undefined;
}

async function findVirtualMachines(
  source: HostSource,
  ask: Ask,
): Promise<MachineFacts['virtualMachines']> {
  const found: { pid: number; program: string }[] = [];
  const pids = (await ask('/proc', async () => await source.list('/proc'))) ?? [];
  for (const pid of pids.filter((name) => /^\d+$/.test(name))) {
    const program = await programOf(source, pid);
    const isMachine =
      otherHypervisors.test(program) ||
      (startsMachine.test(program) && (await commandLineOf(source, pid)).includes('--startvm'));
    if (isMachine) found.push({ pid: Number(pid), program });
  }
  return found;
}

async function programOf(source: HostSource, pid: string): Promise<string> {
  const comm = (await source.readText(`/proc/${pid}/comm`))?.trim();
  if (comm !== undefined && comm !== '') return comm;
  const status = await source.readText(`/proc/${pid}/status`);
  if (status !== undefined) return parseProcessStatus(status).name ?? '';
  const [first = ''] = await commandLineOf(source, pid);
  return first.split('/').at(-1) ?? '';
}

async function commandLineOf(source: HostSource, pid: string): Promise<string[]> {
  return ((await source.readText(`/proc/${pid}/cmdline`)) ?? '').split('\0');
}
