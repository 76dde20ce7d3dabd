import type { Context } from '../context.ts';
import { watchForCrash } from '../lifecycle/crash/watch-for-crash.ts';
import { pathsOfId } from '../machine/paths.ts';
import { findRunning } from '../machine/state.ts';
import { formatLocalTime } from '../text/local-time.ts';

/** `utopia crash watch`: what `up` starts beside QEMU. Ends with it, or on SIGTERM. */
export async function runCrashWatch(context: Context, id: string): Promise<void> {
  const { env, terminal, now } = context;
  const paths = pathsOfId(id, env, process.getuid?.() ?? 0);
  const running = await findRunning(paths);
  if (running === undefined) return;
  const { state } = running;
  if (state === undefined) return;
  const say = (text: string): void => terminal.out(`${formatLocalTime(now())}  ${text}`);
  await watchForCrash(context, {
    ...{ paths, running, say },
    // Whoever has the machine may be saving it: then nothing is kept.
    keeping: { store: { paths, privateFile: state.plan.overlay, lockWaitMs: 0 }, snapshot: true },
    heard: (act) => {
      if (act.kind === 'paused') say(`paused: ${act.headline}`);
      if (act.kind === 'kept') say(`crash ${act.number} is kept: ${act.headline}`);
      if (act.kind === 'failed') say(act.why);
    },
  });
}
