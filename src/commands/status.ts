import type { Context, GlobalOptions } from '../context.ts';
import { exitStatus, type ExitStatus } from '../errors.ts';
import { findPeople } from '../host/find-people.ts';
import { locateMachine } from '../lifecycle/launch/locate.ts';
import { conditionTexts } from '../lifecycle/watch/condition.ts';
import { findStatus } from '../lifecycle/watch/find-status.ts';
import { kernelOf } from '../machine/plan.ts';
import { homeFolder } from '../system/places.ts';
import { describeStatus, statusRecord } from '../ui/machine-status.ts';
import { connectionsOf, reachOf } from '../lifecycle/watch/connections.ts';
import { writersOf } from '../lifecycle/watch/find-share-writers.ts';

/**
 * `utopia status`: whether the machine runs, since when, and how to reach it. Gives the status of
 * `--exit-status`: 0 for one that runs, 69 for one that boots, stands still or is off.
 */
export async function runStatus(context: Context, globals: GlobalOptions): Promise<ExitStatus> {
  const { terminal, cwd, env } = context;
  const located = await locateMachine(context, globals);
  const found = await findStatus(context, located);
  const { condition, running } = found;
  const people = await findPeople(env, cwd);
  const status = condition === 'running' ? exitStatus.ok : exitStatus.unavailable;
  const shown = { ...located, ...found };
  const state = running?.state;
  if (globals.json) {
    const more =
      state === undefined
        ? {}
        : {
            kernel: kernelOf(state.plan),
            reach: reachOf(state, people),
            shareWriters: await writersOf(state),
          };
    terminal.json(statusRecord(shown, more));
    return status;
  }
  const connections =
    state === undefined || condition === 'halted'
      ? undefined
      : {
          ...(await connectionsOf(state, located.paths, people, false, env)),
          lost: condition === 'panicked' || condition === 'locked-up',
        };
  const place = { cwd, home: homeFolder(env), nowMs: context.now().getTime() };
  const text = conditionTexts[condition];
  for (const line of describeStatus(shown, text, connections, place, terminal)) terminal.out(line);
  return status;
}
