import type { Context } from '../context.ts';
import { UtopiaError } from '../errors.ts';
import { addressOf, listMachines, machinesNamed, type KnownMachine } from '../machine/registry.ts';
import { homeFolder } from '../places.ts';
import { shorten } from '../ui/card.ts';

/** Names that fit into an error message. */
const mostNames = 8;

/**
 * The config file of this user's machine with this name (or id), from whatever
 * folder. Throws `machine-unknown` when there is none, or more than one: then
 * with what tells them apart.
 */
export async function findConfigOf(context: Context, name: string): Promise<string> {
  const machines = await listMachines(context.env, process.getuid?.() ?? 0);
  const named = machinesNamed(machines, name);
  const [machine, ...others] = named;
  if (machine === undefined) throw unknown(name, machines);
  if (others.length > 0) throw ambiguous(context, name, named);
  if (machine.state !== undefined) return machine.state.file;
  throw new UtopiaError(
    'machine-unknown',
    `${machine.paths.id} runs, but nothing was written down about where it was started.`,
    { hint: 'Go to its folder: there utopia down finds it.' },
  );
}

function unknown(name: string, machines: readonly KnownMachine[]): UtopiaError {
  const names = machines.map((machine) => addressOf(machines, machine));
  const known =
    names.length === 0
      ? 'No machine of yours was ever started.'
      : `Known: ${names.slice(0, mostNames).join(', ')}${names.length > mostNames ? ', …' : ''}`;
  return new UtopiaError('machine-unknown', `No machine of yours is called "${name}".`, {
    details: [known],
    hint: 'utopia ls --all shows them; a new one is known once it was started in its folder.',
  });
}

function ambiguous(context: Context, name: string, named: readonly KnownMachine[]): UtopiaError {
  const home = homeFolder(context.env);
  const width = Math.max(...named.map(({ paths }) => paths.id.length));
  return new UtopiaError('machine-unknown', `${named.length} machines are called "${name}".`, {
    details: named.map(({ paths, state, running }) => {
      const file = state === undefined ? '' : shorten(state.file, context.cwd, home);
      return `${paths.id.padEnd(width)}  ${running === undefined ? 'off    ' : 'running'}  ${file}`;
    }),
    hint: `Name it by its id: utopia -n ${named[0]?.paths.id ?? name} status\nor give one of them another UTOPIA_NAME.`,
  });
}
