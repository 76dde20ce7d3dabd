import type { Config } from '../../../src/config/machine-config.ts';
import type { PlanInput } from '../../../src/machine/plan.ts';
import { machinePaths } from '../../../src/machine/paths.ts';

interface Changes {
  readonly extraArgs?: readonly string[];
  readonly commandLineArgs?: readonly string[];
  readonly vnc?: PlanInput['vnc'];
  readonly forwards?: Config['forwards'];
  readonly login?: Config['login'];
  readonly network?: Config['network'];
  readonly devices?: readonly string[];
  readonly hasSandbox?: boolean;
  readonly objects?: readonly string[];
  readonly version?: string;
  readonly overlay?: string;
  readonly sharedDir?: string;
  readonly sensors?: Config['sensors'];
  readonly disks?: PlanInput['disks'];
  readonly kernel?: PlanInput['kernel'];
  readonly acceleration?: PlanInput['acceleration'];
}

const devicesOfDebian12 = [
  'virtio-blk-pci',
  'virtio-net-pci',
  'virtio-9p-pci',
  'virtio-rng-pci',
  'virtio-serial-pci',
  'virtserialport',
  'isa-serial',
  'isa-debugcon',
  'pvpanic',
  'pvpanic-pci',
  'vmgenid',
  'vmcoreinfo',
];

/** A lab folder /lab with every default, on Debian 12's QEMU, with single values changed. */
export function samplePlanInput(changes: Changes = {}): PlanInput {
  const config: Config = {
    file: '/lab/utopia.config',
    fileExists: true,
    folder: '/lab',
    name: 'lab',
    qemuBuildDir: undefined,
    backingFile: undefined,
    privateFile: changes.overlay ?? '/lab/private.qcow2',
    memoryMiB: 1024,
    cpus: 2,
    sshPort: 22223,
    sshInterface: '127.0.0.1',
    sharedDir: changes.sharedDir ?? '/lab/shared',
    accelerator: 'auto',
    vnc: { kind: 'display', host: '127.0.0.1', display: 0 },
    vncIsDefault: true,
    login: changes.login ?? 'password',
    network: changes.network ?? 'full',
    disks: [],
    sensors: changes.sensors ?? { kind: 'none' },
    forwards: changes.forwards ?? [],
    kernel: undefined,
    initrd: undefined,
    append: '',
    onCrash: 'report',
    extraArgs: changes.extraArgs ?? [],
    warmBase: 'auto',
    verbose: false,
    keysSet: 0,
    dotenvKeysSet: 0,
  };
  return {
    config,
    paths: machinePaths(config, { HOME: '/home/alice', XDG_RUNTIME_DIR: '/run/user/1000' }, 1000),
    qemu: {
      binary: '/usr/bin/qemu-system-x86_64',
      imgBinary: '/usr/bin/qemu-img',
      version: changes.version ?? '7.2.22',
      devices: new Set(changes.devices ?? devicesOfDebian12),
      netdevs: new Set(['user']),
      accelerators: new Set(['tcg', 'kvm']),
      objects: new Set(changes.objects ?? ['iothread']),
      hasSandbox: changes.hasSandbox ?? true,
    },
    acceleration: changes.acceleration ?? { accelerator: 'tcg', cpuModel: undefined },
    ssh: { host: '127.0.0.1', port: 22223 },
    vnc: 'vnc' in changes ? changes.vnc : { host: '127.0.0.1', display: 0 },
    kernel: changes.kernel,
    disks: changes.disks ?? [],
    commandLineArgs: changes.commandLineArgs ?? [],
  };
}
