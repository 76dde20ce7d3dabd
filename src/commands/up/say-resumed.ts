import type { Context, GlobalOptions } from '../../context.ts';
import type { LocatedMachine } from '../../lifecycle/launch/locate.ts';
import type { ReleasedGuest } from '../../lifecycle/saved/released-shares.ts';
import { resumePaused } from '../../lifecycle/saved/resume-paused.ts';
import { printCard } from './say.ts';

/** Resumes a machine that a killed utopia left paused, and says so with its card. True where it runs again. */
export async function runResumePaused(
  context: Context,
  globals: GlobalOptions,
  located: LocatedMachine,
): Promise<boolean> {
  const outcome = await resumePaused(context, located);
  if (outcome === undefined) return false;
  const { terminal } = context;
  const { name } = located.config;
  if (outcome.kind === 'ended') {
    if (outcome.why === 'halted' && !globals.quiet) {
      terminal.err(`${name} had halted; it starts anew.`);
    }
    return false;
  }
  const { why, running, released, trouble } = outcome;
  const what = why === 'paused' ? 'was paused and is resumed' : wakeText(released, trouble);
  if (!globals.quiet) terminal.err(`${name} ${what}.`);
  if (trouble !== undefined) terminal.err(`  ${trouble}`);
  if (running.state !== undefined) await printCard(context, globals, located, running.state, false);
  return true;
}

function wakeText({ mounts }: ReleasedGuest, trouble: string | undefined): string {
  if (mounts.length === 0) return trouble === undefined ? 'has the right time again' : 'runs on';
  return trouble === undefined ? 'has its share again' : 'runs without its share';
}
