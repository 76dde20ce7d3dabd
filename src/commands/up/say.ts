import type { Context, GlobalOptions } from '../../context.ts';
import type { UtopiaError } from '../../errors.ts';
import { describePeople, type People } from '../../host/facts/people.ts';
import { findPeople } from '../../host/find-people.ts';
import { isSshOpen, type MachineState, type RunningMachine } from '../../machine/state.ts';
import { kernelOf } from '../../machine/plan.ts';
import { homeFolder } from '../../system/places.ts';
import { connectionCard } from '../../ui/card.ts';
import { headLine } from '../../ui/head-line.ts';
import { wrapText } from '../../ui/lines.ts';
import { connectionsOf, reachOf } from '../../lifecycle/watch/connections.ts';
import { alreadyRuns } from '../../lifecycle/watch/lost-guest-error.ts';
import type { LocatedMachine } from '../../lifecycle/launch/locate.ts';
import { writersOf } from '../../lifecycle/watch/find-share-writers.ts';

/** What begins the output of a start, on stderr. */
export function sayHead({ terminal, cwd, env }: Context, { config }: LocatedMachine): void {
  terminal.err(headLine(config, { cwd, home: homeFolder(env) }, terminal));
}

/** One line about who else gets into the guest, and what closes that; undefined where nobody does. */
export function othersLine(state: MachineState, people: People): string | undefined {
  if (people.kind === 'alone' || !isSshOpen(state) || state.keyOnly === true) return undefined;
  const who = describePeople(people);
  return `shared host: ${who} can log in to the guest at port ${state.ssh.port} while it has the guide's passwords (root / root): utopia login key`;
}

/** The card, or with --json the machine as an object: `up`'s result. */
export async function printCard(
  context: Context,
  globals: GlobalOptions,
  { config, paths }: LocatedMachine,
  state: MachineState,
  foreground: boolean,
): Promise<void> {
  const { terminal } = context;
  const people = await findPeople(context.env, context.cwd);
  if (globals.json) {
    const { ssh, exposed, qemu, plan } = state;
    terminal.json({
      schema: 1,
      name: config.name,
      id: paths.id,
      pid: qemu.pid,
      ssh,
      exposed,
      vnc: plan.vnc,
      ...reachOf(state, people),
      shareWriters: await writersOf(state),
      accelerator: plan.accelerator,
      kernel: kernelOf(plan),
      readyAt: state.readyAt,
      warm: state.warm === true,
    });
    return;
  }
  const warning = globals.quiet ? undefined : othersLine(state, people);
  if (warning !== undefined) {
    const [first = '', ...rest] = wrapText(warning, terminal.columns - 4);
    terminal.err(`  ${terminal.errColor.yellow(terminal.symbols.warn)} ${first}`);
    for (const line of rest) terminal.err(`    ${line}`);
  }
  const connections = {
    ...(await connectionsOf(state, paths, people, foreground, context.env)),
    othersTold: warning !== undefined,
  };
  terminal.out();
  const home = homeFolder(context.env);
  for (const line of connectionCard(connections, context.cwd, home, terminal.columns)) {
    terminal.out(line);
  }
  terminal.out();
}

/** After the first start of a machine, when it had to boot: what spares the next ones that. */
export function sayWarm({ terminal }: Context, byItself: boolean): void {
  const [label, text] = byItself
    ? ['later', 'once this host is idle, a booted machine is kept for fresh starts']
    : ['next', 'utopia image warm, once: a fresh machine then starts within seconds'];
  terminal.err(`  ${label.padEnd(8)} ${text}`);
  terminal.err();
}

/** That the machine runs already; with its card where a context is given. */
export async function refuseRunning(
  context: Context | undefined,
  globals: GlobalOptions,
  located: LocatedMachine,
  { qemu, state }: RunningMachine,
): Promise<UtopiaError> {
  if (state !== undefined && context !== undefined)
    await printCard(context, globals, located, state, false);
  return await alreadyRuns(located, { qemu, state });
}
