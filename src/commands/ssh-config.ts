import { join } from 'node:path';
import type { Context, GlobalOptions } from '../context.ts';
import { UtopiaError } from '../errors.ts';
import { machineTarget, reachGuest } from '../guest/ssh.ts';
import type { GuestAccess } from '../guest/guest-access.ts';
import { renderHostBlock } from '../guest/ssh-config.ts';
import {
  blockFile,
  installBlock,
  removeBlock,
  type SshConfigPlaces,
  type UserFileChange,
} from '../guest/ssh-config-file.ts';
import { readState } from '../machine/state.ts';
import { homeFolder, stateRoot } from '../system/places.ts';
import { requireLine } from '../text/plain-line.ts';
import { shortenPath } from '../text/shorten-path.ts';
import { findAccess } from '../lifecycle/watch/guest-access.ts';
import { locateMachine, type LocatedMachine } from '../lifecycle/launch/locate.ts';

export interface SshConfigOptions {
  readonly login: string;
  readonly action: 'print' | 'install' | 'remove';
}

/** `utopia ssh-config`: a Host block for every program that reads ssh's configuration. */
export async function runSshConfig(
  context: Context,
  globals: GlobalOptions,
  { login, action }: SshConfigOptions,
): Promise<void> {
  const { terminal } = context;
  const machine = await locateMachine(context, globals);
  const places = placesOf(context, machine);
  if (action === 'remove') {
    const change = await removeBlock(places, context.now());
    const file = blockFile(places);
    if (globals.json) terminal.json({ schema: 1, removed: file, ...change });
    else terminal.out(`${short(context, file)} is gone.${describeChange(context, change)}`);
    return;
  }
  const { access, running } = await findAccess(context, machine, login);
  // The block is of use only where our key is in the guest and its host key is known.
  if (running) await reachGuest(access, { mayAsk: true });
  else {
    terminal.err(
      `${terminal.symbols.warn} The machine does not run: whether its key is in the guest was not looked at.`,
    );
  }
  const names = namesOf(machine);
  const block = await blockOf(machine, access, names);
  if (action === 'print') {
    if (globals.json) terminal.json({ schema: 1, names, block });
    else terminal.out(block.trimEnd());
    return;
  }
  const change = await installBlock(places, block, context.now());
  const file = blockFile(places);
  if (globals.json) {
    terminal.json({ schema: 1, names, block, file, ...change });
    return;
  }
  terminal.out(`${short(context, file)} is written.${describeChange(context, change)}`);
  terminal.out(`  ssh ${names[0]}     scp FILE ${names[0]}:     rsync -a DIR ${names[0]}:`);
}

/** The names of a machine for ssh; the second one is never another machine's. */
function namesOf({ config, paths }: LocatedMachine): readonly string[] {
  return [`utopia-${config.name}`, `utopia-${paths.id}`];
}

async function blockOf(
  machine: LocatedMachine,
  access: GuestAccess,
  names: readonly string[],
): Promise<string> {
  const origin = (await readState(machine.paths))?.file ?? machine.config.file;
  return renderHostBlock({ names, origin, target: machineTarget(access) });
}

function placesOf(context: Context, { paths }: LocatedMachine): SshConfigPlaces {
  const folder = join(stateRoot(context.env), 'ssh-config.d');
  requireLine(folder);
  // What Include reads as more than a path, or cannot quote (ssh_config(5)).
  if (/["*?[\\]|\$\{/.test(folder)) {
    throw new UtopiaError(
      'cannot-create',
      `ssh cannot include files of a folder named ${folder}.`,
      {
        hint: 'utopia ssh-config prints the block: put it into ~/.ssh/config yourself.',
      },
    );
  }
  const userFile = join(homeFolder(context.env), '.ssh/config');
  return { userFile, folder, machineId: paths.id };
}

function describeChange(context: Context, { changed, backup }: UserFileChange): string {
  if (!changed) return '';
  const kept = backup === undefined ? '' : ` (before: ${short(context, backup)})`;
  return ` ~/.ssh/config was changed${kept}.`;
}

function short(context: Context, path: string): string {
  return shortenPath(path, context.cwd, homeFolder(context.env));
}
