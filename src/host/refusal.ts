import type { Environment } from '../context.ts';
import { runChecks } from './assess.ts';
import { cpuChecks } from './checks/cpu.ts';
import { deviceChecks } from './checks/device.ts';
import { hostChecks } from './checks/host.ts';
import { moduleChecks } from './checks/modules.ts';
import type { HostFacts } from './facts/types.ts';
import { startAsking } from './gather/asking.ts';
import { gatherKvmFacts } from './gather/host.ts';
import { openRealHost } from './source/real-source.ts';

/** Why /dev/kvm cannot be used, as doctor says it. */
export interface Refusal {
  readonly cause: string;
  /** Half a sentence. */
  readonly reason: string;
}

/** Asks doctor's checks why /dev/kvm does not open on this host. Runs no QEMU. */
export async function explainRefusal(env: Environment, signal: AbortSignal): Promise<Refusal> {
  const { ask, gaps } = startAsking(signal);
  const kvmFacts = await gatherKvmFacts(openRealHost(env, signal), ask);
  const facts: HostFacts = {
    ...kvmFacts,
    qemu: {
      binary: undefined,
      imgBinary: undefined,
      elsewhere: undefined,
      nearMiss: undefined,
      features: undefined,
      ssh: undefined,
    },
    kvm: undefined,
    emulation: undefined,
    resources: { ports: [], space: undefined, memory: undefined, firstUnprivilegedPort: 1024 },
    gaps,
  };
  const lab = {
    config: undefined,
    configErrors: [],
    configLabel: '',
    backing: { kind: 'skipped', because: 'lab.config' },
    overlay: { kind: 'skipped', because: 'lab.config' },
    ownPorts: [],
    needed: { devices: [], netdevs: [] },
  } as const;
  const table = [...hostChecks, ...cpuChecks, ...moduleChecks, ...deviceChecks];
  const results = runChecks(table, { facts, lab, requireKvm: false });
  const problem = results.find(
    ({ id, status, group }) =>
      (status === 'warn' || status === 'fail') && (group === 'KVM' || id !== 'host.root'),
  );
  return {
    cause: problem?.cause ?? 'device-denied',
    reason: problem?.message ?? `/dev/kvm cannot be opened (${facts.device.errno ?? 'unknown'})`,
  };
}
