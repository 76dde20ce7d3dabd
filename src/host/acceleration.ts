import { open, readFile, stat } from 'node:fs/promises';
import type { Config } from '../config/types.ts';
import type { Environment } from '../context.ts';
import { UtopiaError } from '../errors.ts';
import { testKvm, type KvmVerdict } from './kvm-verdict.ts';
import type { Acceleration, QemuInstallation } from './types.ts';
import { programKey, remembered } from './verdict-cache.ts';

const device = '/dev/kvm';

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
): Promise<Acceleration> {
  if (config.accelerator === 'tcg') return emulation(undefined, undefined);
  const verdict = await kvmVerdict(qemu, env, signal);
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
  return emulation(verdict.reason, verdict.cause);
}

function emulation(reason: string | undefined, cause: string | undefined): Acceleration {
  return { accelerator: 'tcg', cpuModel: undefined, reason, cause };
}

async function kvmVerdict(
  qemu: QemuInstallation,
  env: Environment,
  signal?: AbortSignal,
): Promise<KvmVerdict> {
  if (!qemu.accelerators.has('kvm'))
    return unusable('qemu-without-kvm', 'this QEMU was built without KVM');
  const refused = await openDevice();
  if (refused !== undefined) return unusable(...(await explainRefusal(refused)));
  return await remembered(env, 'kvm-verdict', await verdictKey(qemu.binary), () =>
    testKvm(qemu.binary, signal),
  );
}

function unusable(cause: string, reason: string): KvmVerdict {
  return { works: false, cpuModel: undefined, cause, reason };
}

async function openDevice(): Promise<string | undefined> {
  try {
    await (await open(device, 'r+')).close();
    return undefined;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? 'unknown';
  }
}

/** [cause, reason] for an errno of opening /dev/kvm; doctor tells the rest. */
async function explainRefusal(errno: string): Promise<[string, string]> {
  switch (errno) {
    case 'ENOENT':
      return ['no-device', 'there is no /dev/kvm'];
    case 'ENODEV':
    case 'ENXIO':
      return ['static-node', '/dev/kvm is there, but no KVM module is loaded'];
    case 'EBUSY':
      return ['busy', 'another hypervisor holds /dev/kvm'];
    case 'EPERM':
      return ['device-denied', 'this session may not open devices (a container or a snap)'];
    case 'EACCES':
      return await explainDenial();
    default:
      return ['device-denied', `/dev/kvm cannot be opened (${errno})`];
  }
}

async function explainDenial(): Promise<[string, string]> {
  const { gid } = await stat(device);
  const lines = (await readFile('/etc/group', 'utf8').catch(() => '')).split('\n');
  const fields = lines.map((line) => line.split(':')).find((each) => each[2] === String(gid));
  const group = fields?.[0] ?? String(gid);
  const uid = String(process.getuid?.() ?? 0);
  const accounts = (await readFile('/etc/passwd', 'utf8').catch(() => '')).split('\n');
  const name = accounts.map((line) => line.split(':')).find((each) => each[2] === uid)?.[0];
  const member = name !== undefined && (fields?.[3] ?? '').split(',').includes(name);
  return member
    ? ['session-lacks-group', `this login does not have group ${group} yet`]
    : ['not-in-group', `you are not in group ${group}, to which /dev/kvm belongs`];
}

/** A verdict holds for one boot of the host, one QEMU, one device node and one set of groups. */
async function verdictKey(binary: string): Promise<(string | number)[]> {
  const bootId = (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim();
  const { mode, uid, gid, rdev } = await stat(device);
  const groups = (process.getgroups?.() ?? []).toSorted((a, b) => a - b).join(',');
  const ids = `${process.geteuid?.()}:${process.getegid?.()}`;
  return [bootId, ...(await programKey(binary)), mode, uid, gid, rdev, ids, groups];
}
