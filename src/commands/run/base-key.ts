import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { agentProgram } from '../../guest/agent-program.ts';
import type { QemuInstallation } from '../../host/types.ts';
import type { MachinePlan } from '../../machine/plan.ts';
import { describeHardware } from '../../vmstate/describe.ts';

/**
 * What a copy must share with a warm base to start from it: image, QEMU, the
 * hardware that the guest sees, the contents of exercise disks, and the agent.
 * Undefined where copies of this machine cannot start warm.
 */
export async function warmBaseKey(
  plan: MachinePlan,
  qemu: Pick<QemuInstallation, 'binary' | 'version'>,
  image: string,
): Promise<string | undefined> {
  if (plan.agentSocket === undefined) return undefined;
  const files = [qemu.binary, image, ...plan.disks.map(({ path }) => path)];
  const facts = {
    qemu: qemu.version,
    hardware: describeHardware(plan),
    files: await Promise.all(files.map(describeFile)),
    agent: agentProgram,
  };
  return createHash('sha256').update(JSON.stringify(facts)).digest('hex').slice(0, 16);
}

/** A change of a file's contents changes its times; nobody can set back the second one. */
async function describeFile(path: string): Promise<readonly string[]> {
  const { size, mtimeNs, ctimeNs, ino } = await stat(path, { bigint: true });
  return [path, ...[size, mtimeNs, ctimeNs, ino].map(String)];
}
