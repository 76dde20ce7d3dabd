import { dirname } from 'node:path';
import { loadConfig } from '../../config/load-config.ts';
import { UtopiaError } from '../../errors.ts';
import { copyIdOf } from '../../machine/copy-name.ts';
import { machinePaths, pathsOfId } from '../../machine/paths.ts';
import {
  addressOf,
  listMachines,
  machinesNamed,
  type KnownMachine,
} from '../../machine/registry.ts';
import { findRunning } from '../../machine/state.ts';
import { homeFolder } from '../../system/places.ts';
import { shortenPath } from '../../text/shorten-path.ts';
import { padToWidth, textWidth } from '../../text/width.ts';
import type { ChosenMachine, LifecycleContext } from '../lifecycle-context.ts';

/** Whose machines are meant, and the folder from which paths are shown. */
type LookAround = Pick<LifecycleContext, 'cwd' | 'env'>;

/** Names that fit into an error message. */
const mostNames = 8;

/**
 * This user's machine with this name (or id), from whatever folder: the name it had when it was
 * last started, or else the one that its config file (or its .env) gives it now. Its config file need not
 * exist, nor its folder. Throws `machine-unknown` when there is none, or more than one: then with
 * what tells them apart.
 */
export async function findNamedMachine(context: LookAround, name: string): Promise<ChosenMachine> {
  const copy = await findCopy(context, name);
  if (copy !== undefined) return copy;
  const machines = await listMachines(context.env, process.getuid?.() ?? 0);
  const started = machinesNamed(machines, name);
  const named = started.length > 0 ? started : await renamedTo(context, machines, name);
  const [machine, ...others] = named;
  if (machine === undefined) throw unknown(name, machines);
  if (others.length > 0) throw ambiguous(context, name, named);
  const file: unknown = machine.state?.file;
  // What was written down is the machine's own, or another's would be stopped and reset.
  if (typeof file === 'string' && pathsOf(context, file) === machine.paths.id) return { file };
  throw new UtopiaError(
    'machine-unknown',
    machine.state === undefined
      ? `${machine.paths.id} runs, but where it was started was not recorded.`
      : `The record of ${machine.paths.id} does not name its folder.`,
    { hint: 'Go to its folder: there utopia down finds it.' },
  );
}

/** A throwaway copy that runs; `utopia run` names it while it is paused at a crash. */
async function findCopy({ env }: LookAround, name: string): Promise<ChosenMachine | undefined> {
  const id = copyIdOf(name);
  if (id === undefined) return undefined;
  const running = await findRunning(pathsOfId(id, env, process.getuid?.() ?? 0));
  const file = running?.state?.file;
  return file === undefined ? undefined : { file, copy: id };
}

/** The id of the machine with this config file. */
function pathsOf({ env }: LookAround, file: string): string {
  return machinePaths({ file }, env, process.getuid?.() ?? 0).id;
}

/** So many config files are read to find a machine that was given another name since it was started. */
const mostRead = 64;

async function renamedTo(
  { env }: LookAround,
  machines: readonly KnownMachine[],
  name: string,
): Promise<KnownMachine[]> {
  const home = homeFolder(env);
  const found: KnownMachine[] = [];
  for (const machine of machines.slice(0, mostRead)) {
    const file: unknown = machine.state?.file;
    if (typeof file !== 'string') continue;
    // Without the environment: a variable would give its name to all of them.
    const sources = { cwd: dirname(file), machineFile: file, env: { HOME: home }, home };
    const { fileExists, values, config } = await loadConfig(sources);
    const isGiven = fileExists || values.UTOPIA_NAME.origin === 'dotenv';
    if (isGiven && config?.name === name) found.push(machine);
  }
  return found;
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

function ambiguous(context: LookAround, name: string, named: readonly KnownMachine[]): UtopiaError {
  const home = homeFolder(context.env);
  const width = Math.max(...named.map(({ paths }) => textWidth(paths.id)));
  return new UtopiaError('machine-unknown', `${named.length} machines are called "${name}".`, {
    details: named.map(({ paths, state, running }) => {
      const file = state === undefined ? '' : shortenPath(state.file, context.cwd, home);
      return `${padToWidth(paths.id, width)}  ${running === undefined ? 'off    ' : 'running'}  ${file}`;
    }),
    hint: `Name it by its id: utopia -n ${named[0]?.paths.id ?? name} status\nor give one of them another UTOPIA_NAME.`,
  });
}
