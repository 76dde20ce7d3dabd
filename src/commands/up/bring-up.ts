import type { Context, GlobalOptions } from '../../context.ts';
import type { Diagnosis } from '../../diagnose/types.ts';
import { bootMachine } from '../../lifecycle/boot-machine.ts';
import type { LocatedMachine } from '../../lifecycle/launch/locate.ts';
import type { LaunchedMachine, UpOptions } from '../../lifecycle/launch/types.ts';
import type { ProgressDisplay } from '../../progress-events.ts';
import { runInForeground } from './foreground.ts';
import { printCard, sayWarm } from './say.ts';
import type { StartWarming } from './warming.ts';

/** From QEMU's start to SSH, and then, in the foreground, to the machine's end. */
export async function bringUp(
  context: Context,
  globals: GlobalOptions,
  options: UpOptions,
  located: LocatedMachine,
  machine: LaunchedMachine,
  display: ProgressDisplay,
): Promise<void> {
  const wish = { ...options, verbose: globals.verbose };
  await bootMachine(context, wish, located, machine, display, async ({ session, state, end }) => {
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
    if (end.kind === 'failed') explainBoot(context, end.diagnosis);
    const stopWarming = startWarming?.(session);
    try {
      await runInForeground(context, globals, located, machine, session);
    } finally {
      await stopWarming?.();
    }
  });
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
  const { lackedBase } = await import('../../lifecycle/saved/lacked-warm-base.ts');
  const key = await lackedBase(context, options, located, machine);
  if (key === undefined) return undefined;
  const warming = options.detach ? undefined : await import('./warming.ts');
  const lack = { machine, key };
  const start = await warming?.openWarming(context, globals, options, located, lack);
  if (machine.overlay.created) sayWarm(context, start !== undefined);
  return start;
}

/** What is known of a boot that did not end, for a machine that goes on: somebody may look at its screen. */
export function explainBoot({ terminal }: Context, { what, why, next, lines }: Diagnosis): void {
  terminal.err(`${terminal.errColor.yellow(terminal.symbols.warn)} ${what}`);
  terminal.err(`  ${why}`);
  for (const line of lines) terminal.err(`  | ${line}`);
  terminal.err(`  ${terminal.errColor.bold('Do')}  ${next}`);
  terminal.err('  The machine goes on meanwhile; its screen may show more.');
}
