import { readFile, stat } from 'node:fs/promises';
import type { Environment } from '../environment.ts';
import type { KvmVerdict } from './kvm-verdict.ts';
import { aFlag, aNumber, aText, maybe, object, type Shape } from '../text/shape.ts';
import { programKey, remembered } from './verdict-cache.ts';

/** Where Linux has its KVM device. */
export const kvmDevice = '/dev/kvm';

/** What the next minute may change: a virtual machine that is powered off, a host that is less busy. */
const passingCauses: readonly string[] = ['busy', 'canary-failed', 'host-too-busy'];

const verdictShape = object({
  works: aFlag,
  cpuModel: maybe(aText),
  cause: maybe(aText),
  reason: maybe(aText),
  kvmMs: maybe(aNumber),
  tcgMs: maybe(aNumber),
  tcgExit: maybe(aNumber),
}) as Shape<unknown> as Shape<KvmVerdict>;

/**
 * Whether a guest runs with KVM on this host, found out once and remembered for
 * one boot, one QEMU, one device node and one set of groups. /dev/kvm must open.
 * `onEmulated`: see testKvm; not called where the verdict is remembered.
 */
export async function judgeThisHost(
  binary: string,
  env: Environment,
  signal?: AbortSignal,
  timeoutScale = 1,
  onEmulated?: () => void,
): Promise<KvmVerdict> {
  const probe = async (): Promise<KvmVerdict> => {
    const { testKvm } = await import('./kvm-verdict.ts');
    return await testKvm(binary, signal, timeoutScale, onEmulated);
  };
  return await remembered(
    env,
    'kvm-verdict',
    await verdictKey(binary),
    verdictShape,
    probe,
    ({ works, cause }) => works || !passingCauses.includes(cause ?? ''),
  );
}

async function verdictKey(binary: string): Promise<(string | number)[]> {
  const bootId = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '');
  const { mode, uid, gid, rdev } = await stat(kvmDevice);
  const groups = (process.getgroups?.() ?? []).toSorted((a, b) => a - b).join(',');
  const ids = `${process.geteuid?.()}:${process.getegid?.()}`;
  return [bootId.trim(), ...(await programKey(binary)), mode, uid, gid, rdev, ids, groups];
}
