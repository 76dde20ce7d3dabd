import { UtopiaError } from '../errors.ts';
import type { Diagnosis } from '../diagnose/diagnosis.ts';
import { isLoopback } from '../machine/plan.ts';
import { writeState, type MachineState } from '../machine/state.ts';
import type { ProgressDisplay } from '../progress-events.ts';
import type { LifecycleContext } from './lifecycle-context.ts';
import { holdPort, type HeldPort } from './launch/hold-port.ts';
import type { LocatedMachine } from './launch/locate.ts';
import type { LaunchedMachine, UpOptions } from './launch/launched-machine.ts';
import { wokenLine } from './saved/woken-line.ts';
import { showBoot } from './watch/boot-display.ts';
import type { secureLogin } from './watch/secure-login.ts';
import { openSession, type MachineSession } from './watch/session.ts';
import { dialTo } from './watch/ssh-port.ts';
import { forgetEnded, stopRunning, stopStepTexts } from './watch/stop-escalation.ts';
import { waitForBoot, type BootEnd } from './watch/wait-for-boot.ts';

/** Time for a guest that is given up on to power down before the plug is pulled. */
const givenUpPowerDownMs = 10_000;

/** A machine whose boot is over. */
export interface BootedMachine {
  readonly session: MachineSession;
  readonly state: MachineState;
  /** `failed` only for one that is kept all the same: somebody may look at its screen. */
  readonly end: Exclude<BootEnd, { readonly kind: 'interrupted' }>;
}

export interface BootWish extends Pick<
  UpOptions,
  'detach' | 'timeoutMs' | 'stallMs' | 'exposeAnyway'
> {
  /** Report the console itself instead of the stages. */
  readonly verbose: boolean;
}

/** A boot under way: whose it is, and who hears of it. */
interface Boot {
  readonly context: LifecycleContext;
  readonly wish: BootWish;
  readonly located: LocatedMachine;
  readonly machine: LaunchedMachine;
  readonly session: MachineSession;
  readonly display: ProgressDisplay;
}

/**
 * From QEMU's start until SSH answers; then `attend` has the machine, with its session open. Until
 * then whatever goes wrong ends with the machine off. Throws `boot-failed` with what was found out,
 * `interrupted`, and what `attend` throws.
 */
export async function bootMachine(
  context: LifecycleContext,
  wish: BootWish,
  located: LocatedMachine,
  { machine, display }: Pick<Boot, 'machine' | 'display'>,
  attend: (booted: BootedMachine) => Promise<void>,
): Promise<void> {
  const session = openSession(machine.started, machine.plan, located.paths);
  const boot: Boot = { context, wish, located, machine, session, display };
  const closed = machine.plan.sshListens === false;
  const held = closed ? await holdPort(machine.plan.ssh) : undefined;
  let settled = false;
  try {
    const showing = showBoot(session, display, context.reporter, {
      verbose: wish.verbose,
      resumed: isResumed(machine),
    });
    const { timeoutMs, stallMs } = wish;
    const end = await waitForBoot(
      session,
      closed ? dialTo(machine.plan.files.qmpSocket, machine.started.identity) : machine.plan.ssh,
      { timeoutMs, stallMs },
      context.signal,
      machine.bannerProbe?.banner,
    ).finally(() => showing.stop());
    if (end.kind === 'ready' && machine.resumed !== undefined && machine.woken !== true) {
      await wakeLate(boot);
    }
    if (end.kind === 'interrupted') throw await interrupted(boot);
    if (end.kind === 'failed') {
      const goesOn = !wish.detach && !end.hopeless && timeoutMs === undefined;
      if (!goesOn) await fail(boot, end);
      else display.report({ kind: 'warned', title: 'ssh', detail: 'does not answer' });
    }
    const state = await settle(boot, end, held);
    settled = true;
    if (context.signal.aborted) throw await interrupted(boot);
    await attend({ session, state, end });
  } catch (error) {
    // Whatever hindered us, nobody looks after a machine that is half started.
    if (!settled && !hasGivenUp(error)) await giveUp(boot);
    throw error;
  } finally {
    machine.bannerProbe?.stop();
    await held?.release();
    await session.close();
  }
}

/** Writes down how the boot ended, and opens SSH to others where that is wanted. */
async function settle(
  { context, wish, located, machine, display }: Boot,
  end: BootEnd,
  held: HeldPort | undefined,
): Promise<MachineState> {
  if (end.kind !== 'ready') {
    await writeState(located.paths, machine.state);
    return machine.state;
  }
  const ready = { ...machine.state, readyAt: context.now().toISOString() };
  await writeState(located.paths, ready);
  const state = held === undefined ? ready : await secure(context, located, ready, display, held);
  if (isLoopback(located.config.sshInterface)) return state;
  const { openToOthers } = await import('./watch/open-to-others.ts');
  return await openToOthers(context, wish, located, state, display);
}

async function secure(
  ...[context, located, state, display, held]: Parameters<typeof secureLogin>
): Promise<MachineState> {
  const part = await import('./watch/secure-login.ts');
  return await part.secureLogin(context, located, state, display, held);
}

/** A guest that no agent could wake: its clock stood still, and its share was taken away to save it. */
async function wakeLate({ context, located, machine, display }: Boot): Promise<void> {
  const { wakeBySsh } = await import('./saved/wake.ts');
  const running = { qemu: machine.started.identity, state: machine.state };
  const mounts = machine.resumed?.manifest.mounts ?? [];
  const startedAt = performance.now();
  const trouble = await wakeBySsh(context, located, running, { mounts });
  display.report(wokenLine({ mounts }, trouble, performance.now() - startedAt));
}

/** A boot that failed ends with the machine off, and with what was found out about it. */
async function fail(boot: Boot, end: BootEnd & { kind: 'failed' }): Promise<never> {
  await giveUp(boot);
  throw bootFailure(end.diagnosis, boot.located);
}

/** These are thrown once the machine is off. */
function hasGivenUp(error: unknown): boolean {
  return error instanceof UtopiaError && ['boot-failed', 'interrupted'].includes(error.code);
}

function bootFailure({ what, why, next, lines }: Diagnosis, located: LocatedMachine): UtopiaError {
  const { consoleLog, qemuLog } = located.paths;
  return new UtopiaError('boot-failed', what, {
    details: [
      `Why  ${why}`,
      ...lines.map((line) => `| ${line}`),
      `Logs ${consoleLog}`,
      `     ${qemuLog}`,
    ],
    hint: next,
  });
}

async function interrupted(boot: Boot): Promise<UtopiaError> {
  await giveUp(boot);
  return new UtopiaError('interrupted', 'Interrupted while the machine was starting; it is off.');
}

async function giveUp({ context, located, machine, session, display }: Boot): Promise<void> {
  const running = { qemu: machine.started.identity, state: machine.state };
  // Before init runs, nothing listens to the power button, and nothing was written;
  // one that went on does listen.
  const { stage } = session.guest;
  const listening =
    isResumed(machine) || stage === 'init' || stage === 'network' || stage === 'ssh';
  if (machine.started.exit() === undefined) {
    const step = await stopRunning(running, located.paths, {
      powerDownMs: listening ? givenUpPowerDownMs : 0,
      hurry: context.urgentSignal,
    });
    display.report({ kind: 'note', text: `off: ${stopStepTexts[step]}` });
  }
  await forgetEnded(context, located.paths);
}

function isResumed({ resumed, state }: LaunchedMachine): boolean {
  return resumed !== undefined || state.warm === true;
}
