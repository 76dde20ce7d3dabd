import type { Context, GlobalOptions } from '../../context.ts';
import { bootMachine } from '../../lifecycle/boot-machine.ts';
import type { LocatedMachine } from '../../lifecycle/launch/locate.ts';
import type { LaunchedMachine, UpOptions } from '../../lifecycle/launch/launched-machine.ts';
import type { StartWarming } from '../../lifecycle/saved/open-warming.ts';
import type { MakingEnd } from '../../lifecycle/saved/warm-child.ts';
import type { ProgressDisplay } from '../../progress-events.ts';
import { describeUnendedBoot } from '../../ui/unended-boot.ts';
import { runInForeground } from './foreground.ts';
import { printCard, sayWarm } from './say.ts';
import { sayMade } from './warming.ts';

/** An `utopia up` whose QEMU runs. */
export interface StartedUp {
  readonly context: Context;
  readonly globals: GlobalOptions;
  readonly options: UpOptions;
  readonly located: LocatedMachine;
  readonly machine: LaunchedMachine;
  /** Of the start; closed when the boot is over. */
  readonly display: ProgressDisplay;
}

/** From QEMU's start to SSH, and then, in the foreground, to the machine's end. */
export async function bringUp(up: StartedUp): Promise<void> {
  const { context, globals, options, located, machine, display } = up;
  const { terminal } = context;
  const wish = { ...options, verbose: globals.verbose };
  await bootMachine(
    context,
    wish,
    located,
    { machine, display },
    async ({ session, state, end }) => {
      display.close();
      await printCard(context, globals, located, state, !options.detach);
      const startWarming =
        end.kind === 'ready' && !globals.json && !globals.quiet ? await planWarming(up) : undefined;
      if (options.detach) {
        machine.started.detach();
        return;
      }
      if (end.kind === 'failed') {
        for (const line of describeUnendedBoot(end.diagnosis, terminal)) terminal.err(line);
      }
      const stopWarming = startWarming?.(session);
      try {
        await runInForeground(context, globals, located, machine, session);
      } finally {
        await stopWarming?.();
      }
    },
  );
}

/**
 * Where the machine lacks a warm base, says what spares the next ones the boot; gives
 * what makes it unasked. Loaded now: who has a machine need not wait for it.
 */
async function planWarming({
  context,
  globals,
  options,
  located,
  machine,
}: StartedUp): Promise<StartWarming | undefined> {
  // It has just gone on from one.
  if (machine.state.warm === true) return undefined;
  const { lackedBase } = await import('../../lifecycle/saved/lacked-warm-base.ts');
  const key = await lackedBase(context, options, located, machine);
  if (key === undefined) return undefined;
  const warming = options.detach
    ? undefined
    : await import('../../lifecycle/saved/open-warming.ts');
  const lack = { machine, key };
  const say = (made: MakingEnd): void => sayMade(context, globals, made);
  const start = await warming?.openWarming(context, globals, options, located, lack, say);
  if (machine.overlay.created) sayWarm(context, start !== undefined);
  return start;
}
