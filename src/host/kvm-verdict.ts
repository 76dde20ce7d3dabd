import { openDeadline } from '../system/deadline.ts';
import { canaryExit } from './canary-exit.ts';
import { runCanary, type CanaryResult } from './canary.ts';

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
  /** How the one under emulation ended: 33 when its guest ran. */
  readonly tcgExit?: number | undefined;
}

/** KVM is waited for at least this long, and at least so many times as long as TCG took. */
const leastWaitMs = 1_000;
const waitFactor = 4;
/** A KVM canary slower than this, and than so many times TCG's, brings nothing. */
const slowMs = 500;
const slowFactor = 3;
/** When even emulation does not come back. */
const longestMs = 15_000;

/**
 * Judges one canary under KVM against the one under TCG. Pure: doctor judges
 * recorded ones with it.
 */
export function judgeKvm(kvm: CanaryResult, tcg: CanaryResult, cpuModel: string): KvmVerdict {
  const times = { kvmMs: kvm.ms, tcgMs: tcg.ms, tcgExit: tcg.exit };
  const failed = (cause: string, reason: string): KvmVerdict => ({
    works: false,
    cpuModel: undefined,
    cause,
    reason,
    ...times,
  });
  const stderr = kvm.stderr ?? '';
  if (kvm.timeout === true && tcg.timeout === true) {
    return failed('host-too-busy', 'no guest makes progress here, under KVM or without');
  }
  if (kvm.timeout === true) {
    return failed('hang', 'a guest makes no progress under KVM here');
  }
  if (hasAborted(kvm)) {
    return failed('msr-abort', 'KVM refuses a register that QEMU sets (MSR)');
  }
  if (/KVM_CREATE_VM\)? failed: -?16\b|resource busy/i.test(stderr)) {
    return failed('busy', 'another hypervisor holds the processor');
  }
  if (kvm.exit !== canaryExit) {
    const last = stderr.trim().split('\n').at(-1) ?? '';
    const how = kvm.signal === undefined ? `status ${kvm.exit}` : kvm.signal;
    return failed('canary-failed', `a guest under KVM ends with ${how}${last && `: ${last}`}`);
  }
  if (tcg.exit === canaryExit && kvm.ms > Math.max(slowMs, slowFactor * tcg.ms)) {
    return failed('too-slow', 'KVM is slower here than software emulation');
  }
  return { works: true, cpuModel, cause: undefined, reason: undefined, ...times };
}

/**
 * Starts a guest under KVM and one under TCG side by side. KVM gets a multiple of
 * TCG's time, not a fixed one: a KVM that needs five seconds for what emulation
 * does in a tenth is no use, and nobody should wait for it. `timeoutScale` multiplies
 * the least and the longest time. `onEmulated` is called when the guest under TCG has run: what
 * is left is mostly waiting, and others may use the processor.
 */
export async function testKvm(
  binary: string,
  signal?: AbortSignal,
  timeoutScale = 1,
  onEmulated?: () => void,
): Promise<KvmVerdict> {
  const timeoutMs = longestMs * timeoutScale;
  const leastMs = leastWaitMs * timeoutScale;
  const emulated = runCanary({ binary, accelerator: 'tcg', timeoutMs, signal }).then((tcg) => {
    if (tcg.exit === canaryExit) onEmulated?.();
    return tcg;
  });
  const first = startGuest({ binary, cpuModel: 'host', timeoutMs }, signal);
  const verdictOfFirst = compare(first, emulated, leastMs, signal);
  // The abort comes at once, and the next model need not wait for emulation.
  const aborted = await Promise.race([first.ended.then(hasAborted), emulated.then(() => false)]);
  if (!aborted) {
    const verdict = await verdictOfFirst;
    if (verdict.works || verdict.cause !== 'msr-abort') return verdict;
  }
  // The abort can be the model's fault: an older one sets fewer registers.
  const second = startGuest({ binary, cpuModel: 'qemu64', timeoutMs }, signal);
  const verdictOfSecond = compare(second, emulated, leastMs, signal);
  const [verdict, other] = await Promise.all([verdictOfSecond, verdictOfFirst]);
  return verdict.works ? verdict : { ...other, kvmMs: verdict.kvmMs };
}

interface AcceleratedGuest {
  readonly cpuModel: string;
  readonly startedAt: number;
  readonly ended: Promise<CanaryResult>;
  readonly giveUp: () => void;
}

function startGuest(
  of: { readonly binary: string; readonly cpuModel: string; readonly timeoutMs: number },
  signal?: AbortSignal,
): AcceleratedGuest {
  const enough = openDeadline(undefined, ...(signal === undefined ? [] : [signal]));
  return {
    cpuModel: of.cpuModel,
    startedAt: performance.now(),
    ended: runCanary({ ...of, accelerator: 'kvm', signal: enough.signal }).finally(enough.stop),
    giveUp: () => enough.abort(),
  };
}

async function compare(
  { cpuModel, startedAt, ended, giveUp }: AcceleratedGuest,
  emulated: Promise<CanaryResult>,
  leastMs: number,
  signal?: AbortSignal,
): Promise<KvmVerdict> {
  const tcg = await emulated;
  const waitedMs = performance.now() - startedAt;
  const waitMs = Math.max(leastMs, waitFactor * tcg.ms) - waitedMs;
  const timer = setTimeout(giveUp, Math.max(0, waitMs));
  try {
    const kvm = await ended;
    signal?.throwIfAborted();
    return judgeKvm(kvm, tcg, cpuModel);
  } finally {
    clearTimeout(timer);
  }
}

/** QEMU's word for a register that this KVM does not let it set. */
function hasAborted({ stderr }: CanaryResult): boolean {
  return /failed to set MSR/.test(stderr ?? '');
}
