import type { Context, GlobalOptions } from '../context.ts';
import { locateMachine } from '../lifecycle/launch/locate.ts';
import { suspendMachine } from '../lifecycle/saved/suspend-machine.ts';
import { formatBytes, formatDuration } from '../text/format.ts';
import { sayInterrupted } from './report/say-interrupted.ts';
import { openProgress } from '../ui/progress.ts';

/** `utopia suspend`: memory and devices go to a file beside the private file, and QEMU ends. */
export async function runSuspend(context: Context, globals: GlobalOptions): Promise<void> {
  const located = await locateMachine(context, globals);
  const { name } = located.config;
  const { terminal } = context;
  const startedAt = performance.now();
  const display = await openProgress(terminal, { quiet: globals.quiet || globals.json });
  const stop = sayInterrupted(context.signal, display, 'interrupted: the guest goes on');
  try {
    const { stateBytes: bytes } = await suspendMachine(context, located, display);
    display.close();
    const elapsedMs = Math.round(performance.now() - startedAt);
    if (globals.json) {
      terminal.json({ schema: 1, name, bytes, elapsedMs });
      return;
    }
    terminal.out(
      `${name} is suspended after ${formatDuration(elapsedMs)} (${formatBytes(bytes)}).`,
    );
    terminal.out('  utopia up resumes it.');
  } finally {
    stop();
    display.close();
  }
}
