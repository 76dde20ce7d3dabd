import { countWith, type CpuFacts } from './facts/cpuinfo.ts';

/** KVM's module for this processor. */
export function moduleFor(cpu: CpuFacts | undefined): 'kvm_intel' | 'kvm_amd' {
  if (cpu?.vendor === 'amd') return 'kvm_amd';
  if (cpu?.vendor === undefined && cpu !== undefined && countWith(cpu, 'svm') > 0) return 'kvm_amd';
  return 'kvm_intel';
}
