import type { Config } from '../../../src/config/machine-config.ts';
import type { LabFacts } from '../../../src/host/lab-facts.ts';
import { imageNeeds } from '../../../src/lifecycle/launch/find-lab-facts.ts';
import { neededFeatures } from '../../../src/machine/plan.ts';

/** A lab without an image yet, with the defaults of utopia.config. */
export function sampleLab(changes: Partial<Config> = {}): LabFacts {
  const config: Config = {
    file: '/home/alice/lab/utopia.config',
    fileExists: true,
    folder: '/home/alice/lab',
    name: 'lab',
    qemuBuildDir: undefined,
    backingFile: undefined,
    privateFile: '/home/alice/lab/private.qcow2',
    memoryMiB: 1024,
    cpus: 2,
    sshPort: 22_223,
    sshInterface: '127.0.0.1',
    sharedDir: '/home/alice/lab/shared',
    accelerator: 'auto',
    vnc: { kind: 'display', host: '127.0.0.1', display: 0 },
    vncIsDefault: true,
    login: 'password',
    network: 'full',
    disks: [],
    sensors: { kind: 'none' },
    forwards: [],
    kernel: undefined,
    initrd: undefined,
    append: '',
    onCrash: 'report',
    extraArgs: [],
    warmBase: 'auto',
    verbose: false,
    keysSet: 0,
    dotenvKeysSet: 0,
    ...changes,
  };
  return {
    config,
    configErrors: [],
    configLabel: 'utopia.config',
    backing: { kind: 'absent', message: 'no image yet' },
    overlay: { kind: 'absent', message: 'made with the first start' },
    ownPorts: [],
    otherMachines: [],
    needed: neededFeatures,
    imageNeeds,
  };
}
