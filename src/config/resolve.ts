import { setTimeout as sleep } from 'node:timers/promises';
import { formatDisk, resolveDisks } from './disk-setting.ts';
import { absolutePath } from './file.ts';
import { formatForward } from './forward-setting.ts';
import type { KeyName } from './config-keys.ts';
import type { Problem } from './problem.ts';
import type { ReportedValue } from './config-report.ts';
import { formatSensors, resolveSensors } from './sensor-setting.ts';
import type { Settings } from './schema.ts';
import type { Config, VncSetting } from './machine-config.ts';
import { isIPv4 } from './values.ts';

/** Finds the IPv4 address of a host name; rejects when it has none. */
export type Lookup = (name: string) => Promise<string>;

/** Settings with paths made absolute and names resolved, and what is wrong between them. */
export interface ResolvedSettings {
  readonly config: Omit<Config, 'fileExists' | 'keysSet' | 'dotenvKeysSet' | 'vncIsDefault'>;
  readonly values: Readonly<Record<KeyName, ReportedValue['value']>>;
  readonly problems: readonly Problem[];
}

/** Resolves settings of the file `file` in `folder`; keys in `broken` hold stand-ins and are not judged. */
export async function resolveConfig(
  settings: Settings,
  file: string,
  folder: string,
  broken: ReadonlySet<string | undefined>,
  findAddress: Lookup = findSystemAddress,
): Promise<ResolvedSettings> {
  const optionalPath = (written: string | undefined): string | undefined =>
    written === undefined ? undefined : absolutePath(folder, written);
  const { address: sshInterface, problem } = await resolveInterface(
    settings.UTOPIA_SSH_INTERFACE,
    findAddress,
  );
  const config = {
    file,
    folder,
    name: settings.UTOPIA_NAME,
    qemuBuildDir: optionalPath(settings.QEMU_BUILD_DIR),
    backingFile: optionalPath(settings.QCOW2_BACKING_FILE),
    privateFile: absolutePath(folder, settings.QCOW2_PRIVATE_FILE),
    memoryMiB: settings.UTOPIA_MEMORY_MB,
    cpus: settings.UTOPIA_CPUS,
    sshPort: settings.UTOPIA_SSH_PORT,
    sshInterface,
    login: settings.UTOPIA_LOGIN,
    network: settings.UTOPIA_NETWORK,
    sharedDir: absolutePath(folder, settings.SHARED_FS_DIR),
    accelerator: settings.UTOPIA_ACCEL,
    vnc: settings.UTOPIA_VNC,
    disks: resolveDisks(settings.UTOPIA_DISKS, (path) => absolutePath(folder, path)),
    sensors: resolveSensors(settings.UTOPIA_SENSORS, (path) => absolutePath(folder, path)),
    forwards: settings.UTOPIA_FORWARDS,
    kernel: settings.UTOPIA_KERNEL.includes('/')
      ? absolutePath(folder, settings.UTOPIA_KERNEL)
      : settings.UTOPIA_KERNEL || undefined,
    initrd: optionalPath(settings.UTOPIA_INITRD),
    append: settings.UTOPIA_APPEND,
    onCrash: settings.UTOPIA_ON_CRASH,
    extraArgs: settings.UTOPIA_EXTRA_ARGS,
    warmBase: settings.UTOPIA_WARM_BASE,
    verbose: settings.VERBOSE,
  };
  return {
    config,
    values: {
      QEMU_BUILD_DIR: config.qemuBuildDir ?? null,
      QCOW2_BACKING_FILE: config.backingFile ?? null,
      QCOW2_PRIVATE_FILE: config.privateFile,
      UTOPIA_MEMORY_MB: config.memoryMiB,
      UTOPIA_CPUS: config.cpus,
      UTOPIA_ACCEL: config.accelerator,
      UTOPIA_SSH_PORT: config.sshPort,
      UTOPIA_SSH_INTERFACE: config.sshInterface,
      UTOPIA_LOGIN: config.login,
      UTOPIA_NETWORK: config.network,
      SHARED_FS_DIR: config.sharedDir,
      UTOPIA_VNC: formatVnc(config.vnc),
      UTOPIA_FORWARDS: config.forwards.map(formatForward),
      UTOPIA_NAME: config.name,
      UTOPIA_DISKS: config.disks.map(formatDisk),
      UTOPIA_SENSORS: formatSensors(config.sensors),
      UTOPIA_KERNEL: config.kernel ?? null,
      UTOPIA_INITRD: config.initrd ?? null,
      UTOPIA_APPEND: config.append,
      UTOPIA_ON_CRASH: config.onCrash,
      UTOPIA_EXTRA_ARGS: config.extraArgs,
      UTOPIA_WARM_BASE: config.warmBase,
      VERBOSE: config.verbose,
    },
    problems: [...(problem === undefined ? [] : [problem]), ...checkTogether(config, broken)],
  };
}

/** `127.0.0.1:0`, `auto`, `unix` or `off`. */
export function formatVnc(vnc: VncSetting): string {
  return vnc.kind === 'display' ? `${vnc.host}:${vnc.display}` : vnc.kind;
}

async function resolveInterface(
  written: string,
  findAddress: Lookup,
): Promise<{ address: string; problem?: Problem }> {
  if (isIPv4(written)) return { address: written };
  try {
    return { address: await findAddress(written) };
  } catch {
    return {
      address: written,
      problem: {
        key: 'UTOPIA_SSH_INTERFACE',
        message: `UTOPIA_SSH_INTERFACE is "${written}", a name without an IPv4 address.`,
        hint: 'Write an address of this host: 127.0.0.1 for itself alone, 0.0.0.0 for all.',
      },
    };
  }
}

/** How long a resolver may think before its name counts as unknown. */
const lookupTimeoutMs = 3000;

async function findSystemAddress(name: string): Promise<string> {
  const { lookup } = await import('node:dns/promises');
  const deadline = sleep(lookupTimeoutMs, undefined, { ref: false }).then(() => {
    throw new Error(`no answer about ${name} within ${lookupTimeoutMs} ms`);
  });
  const { address } = await Promise.race([lookup(name, { family: 4 }), deadline]);
  return address;
}

/** Rules between keys. */
function checkTogether(
  config: ResolvedSettings['config'],
  broken: ReadonlySet<string | undefined>,
): Problem[] {
  const problems: Problem[] = [];
  if (config.backingFile === config.privateFile && !broken.has('QCOW2_BACKING_FILE')) {
    problems.push({
      key: 'QCOW2_PRIVATE_FILE',
      message:
        'QCOW2_PRIVATE_FILE and QCOW2_BACKING_FILE are the same file; the image would be lost.',
      hint: 'Give the private file a name of its own: QCOW2_PRIVATE_FILE=./private.qcow2',
    });
  }
  const { vnc, sshPort } = config;
  if (vnc.kind === 'display' && 5900 + vnc.display === sshPort && !broken.has('UTOPIA_VNC')) {
    problems.push({
      key: 'UTOPIA_SSH_PORT',
      message: `UTOPIA_SSH_PORT is ${sshPort}, which is also the port of VNC display ${vnc.display}.`,
      hint: 'Write another port, or auto, or another display in UTOPIA_VNC.',
    });
  }
  for (const [key, value] of Object.entries({
    UTOPIA_INITRD: config.initrd ?? '',
    UTOPIA_APPEND: config.append,
  })) {
    if (value === '' || config.kernel !== undefined || broken.has('UTOPIA_KERNEL')) continue;
    problems.push({
      key,
      message: `${key} is for a kernel of your own, and UTOPIA_KERNEL names none.`,
      hint: 'Name one: UTOPIA_KERNEL, or --kernel',
    });
  }
  for (const forward of config.forwards) {
    const screen = vnc.kind === 'display' && 5900 + vnc.display === forward.hostPort;
    if (forward.protocol !== 'tcp' || (forward.hostPort !== sshPort && !screen)) continue;
    problems.push({
      key: 'UTOPIA_FORWARDS',
      message: `UTOPIA_FORWARDS has ${formatForward(forward)}, whose port ${forward.hostPort} is that of ${screen ? 'UTOPIA_VNC' : 'UTOPIA_SSH_PORT'}.`,
      hint: 'Write another port of the host.',
    });
  }
  return problems;
}
