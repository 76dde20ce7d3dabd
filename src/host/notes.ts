import type { HostFacts } from './facts/machine-facts.ts';
import type { HostReport } from './report-types.ts';

/** What each group of checks is about on this host, in a few words. */
export function summariseGroups({ machine, qemu, resources, kvm }: HostFacts): HostReport['notes'] {
  const { memory, space, ports } = resources;
  const memoryNote =
    memory === undefined
      ? ''
      : memory.totalBytes === undefined
        ? `${gigabytes(memory.availableBytes)} free`
        : `${gigabytes(memory.totalBytes)} (${gigabytes(memory.availableBytes)} free)`;
  const os = machine.os.families.length === 0 ? '' : machine.os.prettyName;
  const numbers = ports.map(({ port }) => port).join(' and ');
  return {
    Host: join(os, machine.arch ?? '', memoryNote),
    KVM: kvm?.works === true ? join('a guest runs') : '',
    QEMU: join(qemu.features?.version ?? '', qemu.binary ?? ''),
    Lab: join(
      numbers === '' ? '' : `ports ${numbers}`,
      space === undefined ? '' : `${gigabytes(space.availableBytes)} free`,
    ),
    Work: '',
  };
}

function join(...parts: readonly string[]): string {
  return parts.filter((part) => part !== '').join(', ');
}

function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(bytes < 10e9 ? 1 : 0)} GB`;
}
