import { open, stat } from 'node:fs/promises';
import type { Config } from '../config/machine-config.ts';
import type { Environment } from '../environment.ts';
import { UtopiaError } from '../errors.ts';
import { judgeThisHost, kvmDevice } from './kvm-on-this-host.ts';
import type { KvmVerdict } from './kvm-verdict.ts';
import { knownSlowdown } from './known-slowdown.ts';
import type { Acceleration, QemuInstallation } from './qemu-installation.ts';

/**
 * The accelerator to run with. `auto` takes KVM only where a guest really runs
 * with it, else TCG with the reason; `kvm` throws `accelerator-unavailable` there;
 * `tcg` asks nothing.
 */
export async function chooseAcceleration(
  config: Pick<Config, 'accelerator'>,
  qemu: QemuInstallation,
  env: Environment,
  signal?: AbortSignal,
  timeoutScale = 1,
): Promise<Acceleration> {
  const slowdown = await knownSlowdown(qemu.binary, env);
  const emulated = { accelerator: 'tcg', cpuModel: undefined, slowdown } as const;
  if (config.accelerator === 'tcg') return { ...emulated, reason: undefined, cause: undefined };
  const verdict = await kvmVerdict(qemu, env, signal, timeoutScale);
  if (verdict.works) {
    return {
      accelerator: 'kvm',
      cpuModel: verdict.cpuModel,
      reason: undefined,
      cause: undefined,
    };
  }
  if (config.accelerator === 'kvm') {
    throw new UtopiaError(
      'accelerator-unavailable',
      `UTOPIA_ACCEL=kvm, but KVM cannot be used: ${verdict.reason ?? 'unknown reason'}.`,
      { hint: 'utopia doctor explains it; UTOPIA_ACCEL=auto takes software emulation meanwhile.' },
    );
  }
  return { ...emulated, reason: verdict.reason, cause: verdict.cause };
}

async function kvmVerdict(
  qemu: QemuInstallation,
  env: Environment,
  signal?: AbortSignal,
  timeoutScale?: number,
): Promise<KvmVerdict> {
  if (!qemu.accelerators.has('kvm'))
    return unusable('qemu-without-kvm', 'this QEMU was built without KVM');
  if (!(await deviceOpens())) return await explainClosedDevice(env, signal);
  const verdict = await judgeThisHost(qemu.binary, env, signal, timeoutScale);
  // The kernel tells udev of each machine that starts, which may undo a mode set by hand.
  return verdict.works && !(await deviceOpens()) ? await explainClosedDevice(env, signal) : verdict;
}

/** Loaded only now: where the device opens, the reasons of a refusal cost nothing. */
async function explainClosedDevice(env: Environment, signal?: AbortSignal): Promise<KvmVerdict> {
  const { explainRefusal } = await import('./refusal.ts');
  const { openRealHost } = await import('./source/real-source.ts');
  const ending = signal ?? new AbortController().signal;
  const { cause, reason } = await explainRefusal(openRealHost(env, ending), ending);
  return unusable(cause, reason);
}

function unusable(cause: string, reason: string): KvmVerdict {
  return { works: false, cpuModel: undefined, cause, reason };
}

/** A character device that opens; a plain file in its place would open as well. */
export async function deviceOpens(): Promise<boolean> {
  try {
    if (!(await stat(kvmDevice)).isCharacterDevice()) return false;
    await (await open(kvmDevice, 'r+')).close();
    return true;
  } catch {
    return false;
  }
}
