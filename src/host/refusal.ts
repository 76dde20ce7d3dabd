import { runChecks } from './assess.ts';
import { cpuChecks } from './checks/cpu.ts';
import { deviceChecks } from './checks/device.ts';
import { hostChecks } from './checks/host.ts';
import { moduleChecks } from './checks/modules.ts';
import type { HostFacts } from './facts/machine-facts.ts';
import { startAsking } from './gather/asking.ts';
import { gatherKvmFacts } from './gather/host.ts';
import type { HostSource } from './source/host-source.ts';

/** Why /dev/kvm cannot be used, as doctor says it. */
export interface Refusal {
  readonly cause: string;
  /** Half a sentence. */
  readonly reason: string;
  /** For `session-lacks-group` outside of containers: the group that this login lacks. */
  readonly group?: string;
}

/** Asks doctor's checks why /dev/kvm does not open on a host. Runs no QEMU. */
export async function explainRefusal(source: HostSource, signal: AbortSignal): Promise<Refusal> {
  const { ask, gaps } = startAsking(signal);
  const kvmFacts = await gatherKvmFacts(source, ask);
  const facts: HostFacts = {
    ...kvmFacts,
    qemu: {
      binary: undefined,
      imgBinary: undefined,
      elsewhere: undefined,
      nearMiss: undefined,
      withheld: false,
      features: undefined,
      ssh: undefined,
    },
    kvm: undefined,
    emulation: undefined,
    slowdown: undefined,
    people: undefined,
    namespaces: { setting: undefined, works: undefined },
    resources: {
      ports: [],
      space: undefined,
      share: undefined,
      memory: undefined,
      cpuQuota: undefined,
      firstUnprivilegedPort: 1024,
    },
    gaps,
  };
  const lab = {
    config: undefined,
    configErrors: [],
    configLabel: '',
    backing: { kind: 'skipped', because: 'lab.config' },
    overlay: { kind: 'skipped', because: 'lab.config' },
    ownPorts: [],
    otherMachines: [],
    needed: { devices: [], netdevs: [] },
    imageNeeds: [],
  } as const;
  const table = [...hostChecks, ...cpuChecks, ...moduleChecks, ...deviceChecks];
  const results = runChecks(table, { facts, lab, requireKvm: false });
  const problem = results.find(
    ({ id, status, group }) =>
      (status === 'warn' || status === 'fail') && (group === 'KVM' || id !== 'host.root'),
  );
  const { device, machine } = facts;
  const lacking = problem?.cause === 'session-lacks-group' && machine.container === undefined;
  const group = device.file?.gid === 0 ? device.kvmGroup : device.group;
  return {
    ...(lacking && group !== undefined ? { group: group.name } : {}),
    cause: problem?.cause ?? 'device-denied',
    reason: problem?.message ?? `/dev/kvm cannot be opened (${facts.device.errno ?? 'unknown'})`,
  };
}
