import type { RebootOptions } from '../lifecycle/watch/reset-guest.ts';
import type { Context, GlobalOptions } from '../context.ts';
import { formatDuration } from '../text/format.ts';
import { foldFor } from '../ui/lines.ts';
import { openProgress } from '../ui/progress.ts';
import { locateMachine } from '../lifecycle/launch/locate.ts';
import { requireRunning } from '../lifecycle/launch/monitor.ts';
import type { RebootStep } from '../lifecycle/watch/reset-guest.ts';
import { refusePaused, waitUntilUp } from '../lifecycle/watch/wait-until-up.ts';
import { rebootGuest, refuseSuspended } from '../lifecycle/saved/reboot-guest.ts';

const stepTexts: Readonly<Record<RebootStep, string>> = {
  'shut-down': 'the guest shut down, and was started anew',
  rebooted: 'the guest rebooted',
  reset: 'the guest was reset',
};

/** `utopia reboot`: the same QEMU, with its share, forwards and disks; the guest boots anew. */
export async function runReboot(
  context: Context,
  globals: GlobalOptions,
  options: RebootOptions,
): Promise<void> {
  const located = await locateMachine(context, globals);
  const { config } = located;
  const { terminal } = context;
  const startedAt = performance.now();
  await refuseSuspended(located);
  const running = await requireRunning(located);
  const display = await openProgress(terminal, { quiet: globals.quiet || globals.json });
  try {
    const check = async (): Promise<void> => await refusePaused(context, located, running);
    const step = await rebootGuest(context, located, running, options, display, { check });
    if (options.wait) await waitUntilUp(context, located, running, options.stallMs, display);
    display.close();
    const elapsedMs = Math.round(performance.now() - startedAt);
    if (globals.json) {
      terminal.json({ schema: 1, name: config.name, step, elapsedMs });
    } else {
      const state = options.wait ? 'is up again' : 'boots';
      const text = `${config.name} ${state} after ${formatDuration(elapsedMs)}: ${stepTexts[step]}.`;
      for (const line of foldFor(terminal.stdout, text, terminal.columns)) terminal.out(line);
    }
  } finally {
    display.close();
  }
}
