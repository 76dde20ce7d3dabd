import { join } from 'node:path';
import { UtopiaError } from '../../errors.ts';
import type { GuestAccess } from '../../guest/guest-access.ts';
import type { SshConfigPlaces } from '../../guest/ssh-config-file.ts';
import { renderHostBlock } from '../../guest/ssh-host-block.ts';
import { machineTarget } from '../../guest/ssh.ts';
import { readState } from '../../machine/state.ts';
import { homeFolder, stateRoot } from '../../system/places.ts';
import { requireLine } from '../../text/plain-line.ts';
import type { LifecycleContext } from '../lifecycle-context.ts';
import type { LocatedMachine } from '../launch/locate.ts';

/** The names of a machine for ssh; the second one is never another machine's. */
export function sshNames({ config, paths }: LocatedMachine): readonly [string, string] {
  return [`utopia-${config.name}`, `utopia-${paths.id}`];
}

/** The Host block of a machine for ssh's configuration. */
export async function sshHostBlock(machine: LocatedMachine, access: GuestAccess): Promise<string> {
  const origin = (await readState(machine.paths))?.file ?? machine.config.file;
  return renderHostBlock({ names: sshNames(machine), origin, target: machineTarget(access) });
}

/** Where the block is kept, and what includes it. Throws `cannot-create` for a folder that ssh cannot include. */
export function sshConfigPlaces(
  { env }: Pick<LifecycleContext, 'env'>,
  { paths }: LocatedMachine,
): SshConfigPlaces {
  const folder = join(stateRoot(env), 'ssh-config.d');
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
  const userFile = join(homeFolder(env), '.ssh/config');
  return { userFile, folder, machineId: paths.id };
}
