import { describeOverlay } from '../../image/overlay.ts';
import type { BackingFile, OverlayPrediction } from '../../image/image-files.ts';
import { machineArgv } from '../../machine/argv.ts';
import type { MachinePlan } from '../../machine/plan.ts';
import { findRunning } from '../../machine/state.ts';
import type { LifecycleContext } from '../lifecycle-context.ts';
import { chooseBootEntry } from './boot-entry.ts';
import type { LocatedMachine } from './locate.ts';
import { findSuitableQemu, prepareMachine, requireBackingFile } from './prepare.ts';
import type { UpOptions } from './launched-machine.ts';

/** What a start would do. */
export interface PlannedStart {
  readonly plan: MachinePlan;
  readonly argv: readonly string[];
  /** The private file, which need not exist. */
  readonly overlay: OverlayPrediction;
  readonly backing: BackingFile;
  /** The machine runs already: a start would be refused. */
  readonly running: boolean;
}

/** Plans a start, with every refusal that it would come to itself, and nothing made or taken. */
export async function planStart(
  context: LifecycleContext,
  located: LocatedMachine,
  { qemuArgs, bootEntry }: Pick<UpOptions, 'qemuArgs' | 'bootEntry'>,
): Promise<PlannedStart> {
  const running = (await findRunning(located.paths)) !== undefined;
  const backing = await requireBackingFile(context, located);
  const qemu = await findSuitableQemu(context, located, qemuArgs, 'none');
  const ports = { running, reserve: false };
  const prepared = await prepareMachine(context, located, { qemu, backing }, qemuArgs, ports);
  const kernel =
    bootEntry === undefined
      ? prepared.plan.kernel
      : await chooseBootEntry(context, located, backing, bootEntry, { place: false });
  const plan = { ...prepared.plan, kernel };
  const overlay = await describeOverlay({ config: located.config, backing, running });
  return { plan, argv: machineArgv(plan), overlay, backing, running };
}
