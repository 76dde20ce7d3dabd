import { rm } from 'node:fs/promises';
import type { LifecycleContext } from './lifecycle-context.ts';
import { UtopiaError } from '../errors.ts';
import { isKeyOnly, markKeyOnly } from '../guest/ssh-key.ts';
import { isForeverInTheWay } from '../system/out-of-space.ts';
import { readLocks, type FileLock } from '../image/file-locks.ts';
import { unmakeOverlay } from '../image/overlay-creation.ts';
import { prepareOverlay } from '../image/overlay.ts';
import type { Overlay } from '../image/image-files.ts';
import type { WarmBase } from '../image/warm-base.ts';
import type { GuestMemory, MachinePlan } from '../machine/plan.ts';
import { chooseShareOwner } from '../machine/share-owner.ts';
import { signalProcess } from '../system/process.ts';
import { startQemu } from '../machine/start.ts';
import { forgetRunning, writeState, type MachineState, type RescueKind } from '../machine/state.ts';
import type { ProgressDisplay } from '../progress-events.ts';
import type { LocatedMachine } from './launch/locate.ts';
import { watchCrashes } from './launch/start-crash-watch.ts';
import { bridgeSensors } from './launch/start-sensor-bridge.ts';
import { chooseResume } from './saved/choose-resume.ts';
import { chooseWarmBase } from './saved/choose-warm-base.ts';
import { renewDisks } from './launch/renew-disks.ts';
import {
  prepareMachine,
  prepareShare,
  type MachineParts,
  type PreparedMachine,
} from './launch/prepare.ts';
import { imageLine, kernelLines, speedLine } from './launch/progress-lines.ts';
import type { LaunchedMachine, UpOptions } from './launch/launched-machine.ts';

/** A start under way. */
interface Start {
  readonly context: LifecycleContext;
  readonly located: LocatedMachine;
  readonly prepared: PreparedMachine;
  readonly locks: Promise<readonly FileLock[]>;
  readonly rescue: RescueKind | undefined;
  readonly sayParts: (overlay: Overlay) => void;
}

/** A machine that is started otherwise than its config has it. */
export type Adjust = (prepared: PreparedMachine) => Promise<{
  readonly prepared: PreparedMachine;
  readonly rescue?: RescueKind | undefined;
}>;

/** From parts that are there to a QEMU that runs, under the machine's lock: it boots, or goes on. */
export async function startMachine(
  context: LifecycleContext,
  located: LocatedMachine,
  parts: MachineParts,
  options: UpOptions,
  display: ProgressDisplay,
  adjust: Adjust = async (prepared) => ({ prepared }),
): Promise<LaunchedMachine> {
  const locks = readLocks();
  const { prepared, rescue } = await adjust(
    await prepareMachine(context, located, parts, options.qemuArgs),
  );
  const start: Start = {
    context,
    located,
    prepared,
    locks,
    rescue,
    sayParts: sayOnce(prepared, display),
  };
  const base = await chooseWarmBase(context, options, prepared);
  const warm = base === undefined ? undefined : await startWarm(start, base, display);
  if (warm !== undefined) return warm;
  const overlay = await takeOverlay(start);
  const resumed = await chooseResume(context, options, prepared.plan, parts.qemu.version);
  const launched = await launch(start, overlay, {
    ...(resumed === undefined ? {} : { stateFile: resumed.stateFile, going: resumed.manifest }),
    // What the guest has in memory goes with its throw-away disks as they are.
    keepDisks: resumed !== undefined,
  });
  if (resumed === undefined) return launched;
  const { restoreMachine, wakeRestored } = await import('./saved/resume-saved.ts');
  await restoreMachine(context, located, launched, resumed, display);
  const woken = await wakeRestored(context, located, launched.plan, resumed, display);
  return { ...launched, resumed, woken };
}

/**
 * Starts from a warm base. When that fails, for whatever reason, it says so and
 * gives undefined, with nothing left of it: a base is only ever a short cut.
 */
async function startWarm(
  start: Start,
  base: WarmBase,
  display: ProgressDisplay,
): Promise<LaunchedMachine | undefined> {
  const { context, located } = start;
  // Loaded while the overlay is made; who boots does not need it.
  const loading = import('./saved/warm-start.ts');
  const hostKeys = loading.then(async ({ hostKeysFor }) => await hostKeysFor(located, base));
  // Awaited once QEMU runs; a failure before that has its own words.
  hostKeys.catch(() => {});
  let overlay: Overlay | undefined;
  let launched: LaunchedMachine | undefined;
  try {
    overlay = await takeOverlay(start, base.disk);
    // Made by another process meanwhile: it boots.
    if (!overlay.created) return undefined;
    launched = await launch(start, overlay, {
      stateFile: base.state,
      memory: { kind: 'mapped', file: base.memory },
      going: base.manifest,
      keepDisks: false,
    });
    const { resumeFromBase } = await loading;
    const bannerProbe = await resumeFromBase(context, located, launched, base, hostKeys, display);
    return { ...launched, bannerProbe };
  } catch (error) {
    if (launched !== undefined) {
      await signalProcess(launched.started.identity, 'SIGKILL');
      await launched.started.exited;
      await forgetRunning(located.paths);
    }
    if (overlay?.created === true) await unmakeOverlay(overlay.path);
    context.signal.throwIfAborted();
    // What keeps an overlay from being made keeps it from being made for a boot, too.
    if (!(error instanceof UtopiaError) || isForeverInTheWay(error)) throw error;
    const detail = `of no use, booting instead: ${error.message} utopia image warm --again`;
    display.report({ kind: 'warned', title: 'warm base', detail });
    return undefined;
  }
}

async function takeOverlay(
  { context, located, prepared, locks }: Start,
  contents?: string,
): Promise<Overlay> {
  return await prepareOverlay({
    config: located.config,
    backing: prepared.backing,
    imgBinary: prepared.qemu.imgBinary,
    locks,
    signal: context.signal,
    now: context.now(),
    ...(contents === undefined ? {} : { contents }),
  });
}

/** What the machine is made of, said once, however often it is tried. */
function sayOnce(
  { acceleration, plan }: PreparedMachine,
  display: ProgressDisplay,
): (overlay: Overlay) => void {
  let said = false;
  return (overlay) => {
    if (said) return;
    said = true;
    display.report(imageLine(overlay));
    for (const text of overlay.warnings)
      display.report({ kind: 'warned', title: 'image', detail: text });
    for (const line of kernelLines(plan)) display.report(line);
    display.report(speedLine(acceleration));
  };
}

/** What a QEMU that is not to boot starts with. */
interface GoingOn {
  readonly stateFile?: string;
  readonly memory?: GuestMemory;
  /** What its machine was. */
  readonly going?: Pick<MachinePlan, 'machineType' | 'hardwareGeneration'>;
  readonly keepDisks: boolean;
}

async function launch(
  { context, located, prepared, rescue, sayParts }: Start,
  overlay: Overlay,
  { stateFile, memory, going, keepDisks }: GoingOn,
): Promise<LaunchedMachine> {
  const { config, paths } = located;
  const { qemu, backing, acceleration } = prepared;
  if (!keepDisks) {
    const qemuImg = { imgBinary: qemu.imgBinary, signal: context.signal };
    await renewDisks(qemuImg, paths, prepared.plan.disks);
  }
  await prepareShare(config.sharedDir);
  sayParts(overlay);
  context.signal.throwIfAborted();

  // What a killed QEMU left: its sockets would be in the way, its pid file would lie.
  await forgetRunning(paths);
  // So may a killed rescue; and what was taken out of a disk for another start is of no use to this one.
  if (rescue !== 'attached') await rm(paths.rescueDir, { recursive: true, force: true });
  if (prepared.plan.kernel?.from === undefined) {
    await rm(paths.bootDir, { recursive: true, force: true });
  }
  const { machineType, hardwareGeneration } = going ?? prepared.plan;
  const plan = { ...prepared.plan, machineType, hardwareGeneration, memory };
  const owner = await chooseShareOwner(plan, backing.path);
  const started = await startQemu(plan, paths, {
    stateFile,
    ...(owner.kind === 'mapped' ? { prefix: owner.prefix } : {}),
  });
  // A fresh guest has the image's own settings, whatever the one before had.
  if (overlay.created) await markKeyOnly(paths.sshDir, false);
  const keyOnly = config.login === 'password' && (await isKeyOnly(paths.sshDir));
  const state: MachineState = {
    schema: 1,
    name: config.name,
    file: config.file,
    qemu: started.identity,
    qemuVersion: qemu.version,
    startedAt: context.now().toISOString(),
    plan,
    ssh: plan.ssh,
    ...(keyOnly ? { keyOnly } : {}),
    backingFile: backing.path,
    slowBecause: acceleration.reason,
    shareOwner: owner.kind,
    ...(rescue === undefined ? {} : { rescue }),
    ...(keepDisks || stateFile === undefined ? {} : { warm: true }),
  };
  await writeState(paths, state);
  if (plan.sensorPort) await bridgeSensors(context, located, started.identity);
  if (plan.onCrash !== undefined) await watchCrashes(context, located);
  return { ...prepared, plan, overlay, started, state, resumed: undefined };
}
