import type { Context, GlobalOptions } from '../context.ts';
import {
  blockFile,
  installBlock,
  removeBlock,
  type UserFileChange,
} from '../guest/ssh-config-file.ts';
import { reachGuest } from '../guest/ssh.ts';
import { locateMachine } from '../lifecycle/launch/locate.ts';
import { findAccess } from '../lifecycle/watch/find-guest.ts';
import { sshConfigPlaces, sshHostBlock, sshNames } from '../lifecycle/watch/make-host-block.ts';
import { homeFolder } from '../system/places.ts';
import { shortenPath } from '../text/shorten-path.ts';

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
  const places = sshConfigPlaces(context, machine);
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
  const names = sshNames(machine);
  const block = await sshHostBlock(machine, access);
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

function describeChange(context: Context, { changed, backup }: UserFileChange): string {
  if (!changed) return '';
  const kept = backup === undefined ? '' : ` (before: ${short(context, backup)})`;
  return ` ~/.ssh/config was changed${kept}.`;
}

function short(context: Context, path: string): string {
  return shortenPath(path, context.cwd, homeFolder(context.env));
}
