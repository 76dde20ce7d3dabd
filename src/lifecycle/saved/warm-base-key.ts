import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { agentProgram } from '../../guest/agent-program.ts';
import type { QemuInstallation } from '../../host/qemu-installation.ts';
import { hardwareGeneration } from '../../hardware-generation.ts';
import { findWarmBase, type WarmBase } from '../../image/warm-base.ts';
import type { Environment } from '../../environment.ts';
import type { MachinePlan } from '../../machine/plan.ts';
import { describeHardware } from '../../vmstate/describe.ts';

/**
 * What a machine must share with a warm base to start from it: image, QEMU, the
 * hardware that the guest sees, the contents of exercise disks and of files that
 * the user's own arguments name, and the agent. The same for the copies of `utopia
 * run` and for `utopia up`. Undefined where there is no warm start: see whyNeverWarm.
 */
export async function warmBaseKey(
  plan: MachinePlan,
  qemu: Pick<QemuInstallation, 'binary' | 'version'>,
  image: string,
): Promise<string | undefined> {
  if (whyNeverWarm(plan) !== undefined) return undefined;
  const { image: kernel, initrd, modules } = plan.kernel ?? {};
  const own = [kernel, initrd, modules?.file].filter((each) => each !== undefined);
  const files = [qemu.binary, image, ...plan.disks.map(({ path }) => path), ...own];
  // A base is made with a throw-away layer over such a disk, which looks the same.
  const disks = plan.disks.map((disk) => ({
    ...disk,
    mode: disk.mode === 'rw' ? ('snapshot' as const) : disk.mode,
  }));
  const facts = {
    qemu: qemu.version,
    hardware: describeHardware({ ...plan, disks }),
    files: await Promise.all(files.map(describeFile)),
    // A kernel of the user's own is another one after each build.
    named: await Promise.all(namedFiles(plan.extraArgs).map(describeIfFile)),
    agent: agentProgram,
  };
  return createHash('sha256').update(JSON.stringify(facts)).digest('hex').slice(0, 16);
}

/**
 * The base that a machine of this plan goes on from: one of its own hardware, or one that was made
 * before a device came. An `up` makes the newer one when the host is idle, and so does `image warm`.
 */
export async function findBaseFor(
  env: Environment,
  plan: MachinePlan,
  qemu: Pick<QemuInstallation, 'binary' | 'version'>,
  image: string,
): Promise<WarmBase | undefined> {
  for (let generation = hardwareGeneration; generation > 0; generation -= 1) {
    const key = await warmBaseKey({ ...plan, hardwareGeneration: generation }, qemu, image);
    const base = key === undefined ? undefined : await findWarmBase(env, key);
    if (base !== undefined) return base;
  }
  return undefined;
}

/** What keeps a machine of this plan from having a warm base, as a sentence; undefined for nothing. Pure. */
export function whyNeverWarm({
  agentSocket,
  binary,
  extraArgs,
}: Pick<MachinePlan, 'agentSocket' | 'binary' | 'extraArgs'>): string | undefined {
  if (agentSocket === undefined) return `${binary} was built without virtio-serial.`;
  // The memory of a warm machine is a file whose size and layout we say.
  const own = extraArgs.find((word) => /^--?(?:m|numa|mem-path)$/.test(word));
  if (own === undefined) return undefined;
  return `Your own QEMU argument ${own} lays out the memory, which is a file for a warm machine.`;
}

/** Absolute paths in QEMU's arguments: `/boot/image`, `file=/lab/a.img,if=virtio`. Pure. */
export function namedFiles(words: readonly string[]): string[] {
  return words.flatMap((word) => word.split(/[,=]/)).filter((part) => part.startsWith('/'));
}

async function describeIfFile(path: string): Promise<readonly string[]> {
  const isFile = await stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
  return isFile ? await describeFile(path) : [path];
}

/** A change of a file's contents changes its times; nobody can set back the second one. */
async function describeFile(path: string): Promise<readonly string[]> {
  const { size, mtimeNs, ctimeNs, ino } = await stat(path, { bigint: true });
  return [path, ...[size, mtimeNs, ctimeNs, ino].map(String)];
}
