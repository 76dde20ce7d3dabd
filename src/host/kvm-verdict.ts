import { canaryExit, runCanary, type CanaryResult } from './canary.ts';

/** What the canaries say about KVM on this host. */
export interface KvmVerdict {
  readonly works: boolean;
  /** The CPU model it works with; `host` unless that one aborts. */
  readonly cpuModel: string | undefined;
  readonly cause: string | undefined;
  /** Half a sentence. */
  readonly reason: string | undefined;
  /** The canaries' times in ms, for doctor. */
  readonly kvmMs?: number | undefined;
  readonly tcgMs?: number | undefined;
}

/** KVM is waited for at least this long, and at least so many times as long as TCG took. */
const leastWaitMs = 1_000;
const patience = 5;
/** A KVM canary slower than this many times TCG's brings nothing. */
const slowFactor = 3;

/**
 * Judges one canary under KVM against the one under TCG. Pure: doctor judges
 * recorded ones with it.
 */
export function judgeKvm(kvm: CanaryResult, tcg: CanaryResult, cpuModel: string): KvmVerdict {
  const times = { kvmMs: kvm.ms, tcgMs: tcg.ms };
  const failed = (cause: string, reason: string): KvmVerdict => ({
    works: false,
    cpuModel: undefined,
    cause,
    reason,
    ...times,
  });
  const stderr = kvm.stderr ?? '';
  if (kvm.timeout === true) {
    return failed('hang', 'a guest makes no progress under KVM here');
  }
  if (/failed to set MSR/.test(stderr)) {
    return failed('msr-abort', 'KVM refuses a register that QEMU sets (MSR)');
  }
  if (/KVM_CREATE_VM failed: 16|Device or resource busy/.test(stderr)) {
    return failed('busy', 'another hypervisor holds the processor');
  }
  if (kvm.exit !== canaryExit) {
    const last = stderr.trim().split('\n').at(-1) ?? '';
    const how = kvm.signal === undefined ? `status ${kvm.exit}` : kvm.signal;
    return failed('canary-failed', `a guest under KVM ends with ${how}${last && `: ${last}`}`);
  }
  if (tcg.exit === canaryExit && kvm.ms > Math.max(leastWaitMs, slowFactor * tcg.ms)) {
    return failed('too-slow', 'KVM is slower here than software emulation');
  }
  return { works: true, cpuModel, cause: undefined, reason: undefined, ...times };
}

/**
 * Starts a guest under KVM and one under TCG side by side. KVM gets a multiple of
 * TCG's time, not a fixed one: a KVM that needs five seconds for what emulation
 * does in a tenth is no use, and nobody should wait for it.
 */
export async function testKvm(binary: string, signal?: AbortSignal): Promise<KvmVerdict> {
  const first = await compare(binary, 'host', signal);
  if (first.works || first.cause !== 'msr-abort') return first;
  // The abort can be the model's fault: an older one sets fewer registers.
  const second = await compare(binary, 'qemu64', signal);
  return second.works ? second : { ...first, kvmMs: second.kvmMs };
}

async function compare(binary: string, model: string, signal?: AbortSignal): Promise<KvmVerdict> {
  const enough = new AbortController();
  const either = AbortSignal.any([enough.signal, ...(signal === undefined ? [] : [signal])]);
  const kvmRun = runCanary({
    binary,
    accelerator: 'kvm',
    cpuModel: model,
    timeoutMs: 30_000,
    signal: either,
  });
  const tcg = await runCanary({ binary, accelerator: 'tcg', timeoutMs: 30_000, signal });
  const waitMs = Math.max(leastWaitMs, patience * tcg.ms) - tcg.ms;
  const timer = setTimeout(() => enough.abort(), waitMs);
  try {
    const kvm = await kvmRun;
    signal?.throwIfAborted();
    return judgeKvm(kvm, tcg, model);
  } finally {
    clearTimeout(timer);
  }
}
