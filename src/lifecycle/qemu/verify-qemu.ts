import { canaryExit } from '../../host/canary-exit.ts';
import { runCanary } from '../../host/canary.ts';
import { labDevices } from '../../host/lab-devices.ts';
import { missingFeatures } from '../../host/qemu-features.ts';
import { UtopiaError } from '../../errors.ts';
import { findBackingFile } from '../../image/backing-file.ts';
import { neededFeatures } from '../../machine/plan.ts';
import type { ProgressDisplay } from '../../progress-events.ts';
import { quoteForShell } from '../../text/shell-words.ts';
import type { LifecycleContext, LifecycleOptions } from '../lifecycle-context.ts';
import { findSuitableQemu } from '../launch/prepare.ts';
import { locateMachine } from '../launch/locate.ts';
import { bootColdCopy, useBootedCopy } from '../throwaway/booted-copy.ts';
import { openThrowaway } from '../throwaway/copy-folder.ts';
import { imageSource } from '../throwaway/copy-source.ts';
import { planCopy } from '../throwaway/launch-copy.ts';
import { describeQemu, type DescribedQemu } from './describe-qemu.ts';
import { binaryOf, runsMachines } from './request.ts';

/** What an installed QEMU is, and how far it was tried. */
export interface QemuVerdict extends DescribedQemu {
  /** Devices of `utopia devices` that every machine has, and this QEMU does not. */
  readonly missingDevices: readonly string[];
  /** A machine booted with it; null where that was not tried. */
  readonly verified: boolean | null;
  /** Why it was not tried, and how it is; undefined where it was. */
  readonly untried: string | undefined;
  /** Why no machine runs with it. */
  readonly failure: UtopiaError | undefined;
}

/** A guest of seven bytes under emulation, on a busy host. */
const canaryMs = 30_000;

/**
 * Tries the QEMU of a prefix: asks it for what it has, lets it run a guest of seven bytes, and boots
 * the image of this folder's machine with it, over an overlay that is thrown away. What is wrong
 * with it is part of the answer.
 */
export async function verifyQemu(
  context: LifecycleContext,
  globals: LifecycleOptions,
  prefix: string,
  display: ProgressDisplay,
): Promise<QemuVerdict> {
  const { signal, timeoutScale } = context;
  const title = 'first boot';
  const described = await describeQemu(prefix, context);
  const { qemu } = described;
  const missingDevices = labDevices
    .filter(({ name, part }) => part === 'machine' && !qemu.devices.has(name))
    .map(({ name }) => name);
  const verdict = { ...described, missingDevices, verified: null, untried: undefined };
  display.report({ kind: 'started', title });
  const startedAt = performance.now();
  const canary = await runCanary({
    ...{ binary: binaryOf(prefix), accelerator: 'tcg', signal },
    timeoutMs: canaryMs * timeoutScale,
  });
  signal.throwIfAborted();
  if (canary.exit !== canaryExit) {
    display.report({ kind: 'failed', title });
    const said = (canary.stderr ?? '').trim().split('\n').slice(-5);
    const failure = new UtopiaError('qemu-unsuitable', 'QEMU was installed, but runs no guest.', {
      details: said.filter((line) => line !== '').map((line) => `| ${line}`),
      hint: 'Where it names firmware, install that (on Debian: seabios), then again.',
    });
    return { ...verdict, verified: false, failure };
  }
  const untried = (why: string): QemuVerdict => {
    display.report({ kind: 'warned', title, detail: `not tried: ${why}` });
    return { ...verdict, untried: why, failure: undefined };
  };
  const missing = missingFeatures(qemu, neededFeatures);
  if (missing.length > 0) return untried(`it was built without ${missing.join(', ')}`);
  if (!runsMachines(qemu.version)) return untried('utopia starts machines with QEMU 5.2 or newer');
  try {
    const isBooted = await bootOnce(context, { ...globals, quiet: true }, prefix);
    if (!isBooted) {
      return untried(
        `there is no image; utopia image build, then QEMU_BUILD_DIR=${quoteForShell(prefix)} utopia up`,
      );
    }
    const elapsedMs = performance.now() - startedAt;
    display.report({ kind: 'finished', title, detail: 'SSH answers', elapsedMs });
    return { ...verdict, verified: true, failure: undefined };
  } catch (error) {
    if (signal.aborted || !(error instanceof UtopiaError)) throw error;
    if (!bootFaults.has(error.code)) return untried(error.message);
    display.report({ kind: 'failed', title });
    const { message, details, code } = error;
    const failure = new UtopiaError(
      code,
      'QEMU was installed, but the machine does not boot with it.',
      {
        details: [message, ...details],
        hint: `See more of it: QEMU_BUILD_DIR=${quoteForShell(prefix)} utopia run --verbose -- true`,
      },
    );
    return { ...verdict, verified: false, failure };
  }
}

/** Troubles that are this QEMU's; any other means that it could not be tried here. */
const bootFaults: ReadonlySet<string> = new Set([
  ...['boot-failed', 'guest-lost', 'qemu-failed', 'qemu-unsuitable', 'ssh-unavailable'],
]);

/** Boots the machine's image with the QEMU of a prefix until SSH answers; false without an image. */
async function bootOnce(
  context: LifecycleContext,
  globals: LifecycleOptions,
  prefix: string,
): Promise<boolean> {
  const found = await locateMachine(context, globals, { QEMU_BUILD_DIR: prefix });
  const located = {
    ...found,
    config: { ...found.config, extraArgs: [], disks: [], kernel: undefined },
  };
  const backing = await findBackingFile({ config: located.config, env: context.env });
  if (backing === undefined) return false;
  const qemu = await findSuitableQemu(context, located, [], 'yes');
  const copy = await openThrowaway(context, located, { network: 'none', onCrash: 'report' });
  try {
    const planned = await planCopy(context, copy, { qemu, backing }, false);
    const start = { planned, source: imageSource(backing) };
    const booted = await bootColdCopy(context, globals, copy, start);
    await useBootedCopy(context, copy, booted, 'it was tried', async () => {});
    return true;
  } finally {
    await copy.discard();
  }
}
