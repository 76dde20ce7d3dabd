import type { Context, GlobalOptions } from '../../context.ts';
import { UtopiaError } from '../../errors.ts';
import type { Diagnosis } from '../../diagnose/types.ts';
import { isLoopback } from '../../machine/plan.ts';
import { writeState, type MachineState } from '../../machine/state.ts';
import type { ProgressDisplay } from '../../ui/progress.ts';
import type { LocatedMachine } from '../locate.ts';
import { dialTo } from '../ssh-port.ts';
import { forgetEnded, stopRunning, stopStepTexts } from '../stop-ladder.ts';
import type { LaunchedMachine, UpOptions } from './types.ts';
import { waitForBoot, type BootEnd } from './boot.ts';
import { showBoot } from './boot-display.ts';
import { printCard, sayWarm, wokenLine } from './say.ts';
import { holdPort, type HeldPort } from './hold-port.ts';
import type { secureLogin } from './secure-login.ts';
import { openSession, type MachineSession } from './session.ts';
import { stayWith } from './foreground.ts';
import type { StartWarming } from './warming.ts';

/** Time for a guest that is given up on to power down before the plug is pulled. */
const givenUpPowerDownMs = 10_000;

/** From QEMU's start to SSH, and then, in the foreground, to the machine's end. */
export async function bringUp(
  context: Context,
  globals: GlobalOptions,
  options: UpOptions,
  located: LocatedMachine,
  machine: LaunchedMachine,
  display: ProgressDisplay,
): Promise<void> {
  const session = openSession(machine.started, machine.plan, located.paths);
  const closed = machine.plan.sshListens === false;
  const held = closed ? await holdPort(machine.plan.ssh) : undefined;
  let settled = false;
  try {
    const showing = showBoot(session, display, context.terminal, {
      verbose: globals.verbose,
      wentOn: wentOn(machine),
    });
    const { timeoutMs, stallMs } = options;
    const end = await waitForBoot(
      session,
      closed ? dialTo(machine.plan.files.qmpSocket, machine.started.identity) : machine.plan.ssh,
      { timeoutMs, stallMs },
      context.signal,
      machine.knock?.banner,
    ).finally(() => showing.stop());
    if (end.kind === 'ready' && machine.resumed !== undefined && machine.woken !== true) {
      await wakeLate(context, located, machine, display);
    }
    if (end.kind === 'interrupted') {
      throw await interrupted(context, located, machine, session, display);
    }
    if (end.kind === 'failed') {
      const goesOn = !options.detach && !end.hopeless && timeoutMs === undefined;
      if (!goesOn) await fail(context, located, machine, session, display, end);
      else display.report({ kind: 'warned', title: 'ssh', detail: 'does not answer' });
    }
    const state = await settle(context, options, located, machine, display, end, held);
    settled = true;
    if (context.signal.aborted) {
      throw await interrupted(context, located, machine, session, display);
    }
    display.close();
    await printCard(context, globals, located, state, !options.detach);
    const startWarming =
      end.kind === 'ready' && !globals.json && !globals.quiet
        ? await planWarming(context, globals, options, located, machine)
        : undefined;
    if (options.detach) {
      machine.started.detach();
      return;
    }
    if (end.kind === 'failed') explain(context, end.diagnosis);
    const stopWarming = startWarming?.(session);
    try {
      await stayWith(context, globals, located, machine, session);
    } finally {
      await stopWarming?.();
    }
  } catch (error) {
    // Whatever hindered us, nobody looks after a machine that is half started.
    if (!settled && !hasGivenUp(error)) {
      await giveUp(context, located, machine, session, display);
    }
    throw error;
  } finally {
    machine.knock?.stop();
    await held?.release();
    await session.close();
  }
}

/**
 * Where the machine lacks a warm base, says what spares the next ones the boot; gives
 * what makes it unasked. Loaded now: who has a machine need not wait for it.
 */
async function planWarming(
  context: Context,
  globals: GlobalOptions,
  options: UpOptions,
  located: LocatedMachine,
  machine: LaunchedMachine,
): Promise<StartWarming | undefined> {
  // It has just gone on from one.
  if (machine.state.warm === true) return undefined;
  const { lackedBase } = await import('./lacked-base.ts');
  const key = await lackedBase(context, options, located, machine);
  if (key === undefined) return undefined;
  const warming = options.detach ? undefined : await import('./warming.ts');
  const lack = { machine, key };
  const start = await warming?.openWarming(context, globals, options, located, lack);
  if (machine.overlay.created) sayWarm(context, start !== undefined);
  return start;
}

/** Writes down how the boot ended, and opens SSH to others where that is wanted. */
async function settle(
  context: Context,
  options: UpOptions,
  located: LocatedMachine,
  machine: LaunchedMachine,
  display: ProgressDisplay,
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
  const { openToOthers } = await import('./open-to-others.ts');
  return await openToOthers(context, options, located, state, display);
}

async function secure(
  ...[context, located, state, display, held]: Parameters<typeof secureLogin>
): Promise<MachineState> {
  const part = await import('./secure-login.ts');
  return await part.secureLogin(context, located, state, display, held);
}

/** A guest that no agent could wake: its clock stood still, and its share was taken away to save it. */
async function wakeLate(
  context: Context,
  located: LocatedMachine,
  machine: LaunchedMachine,
  display: ProgressDisplay,
): Promise<void> {
  const { wakeBySsh } = await import('../time/wake.ts');
  const running = { qemu: machine.started.identity, state: machine.state };
  const mounts = machine.resumed?.manifest.mounts ?? [];
  const startedAt = performance.now();
  const trouble = await wakeBySsh(context, located, running, { mounts });
  display.report(wokenLine({ mounts }, trouble, performance.now() - startedAt));
}

/** A boot that failed ends with the machine off, and with what was found out about it. */
async function fail(
  context: Context,
  located: LocatedMachine,
  machine: LaunchedMachine,
  session: MachineSession,
  display: ProgressDisplay,
  end: BootEnd & { kind: 'failed' },
): Promise<never> {
  await giveUp(context, located, machine, session, display);
  throw bootFailure(end.diagnosis, located);
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

/** The same for a machine that goes on: somebody may look at its screen. */
function explain({ terminal }: Context, { what, why, next, lines }: Diagnosis): void {
  terminal.err(`${terminal.errColor.yellow(terminal.symbols.warn)} ${what}`);
  terminal.err(`  ${why}`);
  for (const line of lines) terminal.err(`  | ${line}`);
  terminal.err(`  ${terminal.errColor.bold('Do')}  ${next}`);
  terminal.err('  The machine goes on meanwhile; its screen may show more.');
}

async function interrupted(
  ...[context, located, machine, session, display]: Parameters<typeof giveUp>
): Promise<UtopiaError> {
  await giveUp(context, located, machine, session, display);
  return new UtopiaError('interrupted', 'Interrupted while the machine was starting; it is off.');
}

async function giveUp(
  context: Context,
  located: LocatedMachine,
  machine: LaunchedMachine,
  session: MachineSession,
  display: ProgressDisplay,
): Promise<void> {
  const running = { qemu: machine.started.identity, state: machine.state };
  // Before init runs, nothing listens to the power button, and nothing was written;
  // one that went on does listen.
  const { stage } = session.guest;
  const listening = wentOn(machine) || stage === 'init' || stage === 'network' || stage === 'ssh';
  if (machine.started.exit() === undefined) {
    const step = await stopRunning(running, located.paths, {
      powerDownMs: listening ? givenUpPowerDownMs : 0,
      hurry: context.urgentSignal,
    });
    display.report({ kind: 'note', text: `off: ${stopStepTexts[step]}` });
  }
  await forgetEnded(context, located.paths);
}

function wentOn({ resumed, state }: LaunchedMachine): boolean {
  return resumed !== undefined || state.warm === true;
}
