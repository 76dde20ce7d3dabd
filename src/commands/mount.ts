import { posix, resolve } from 'node:path';
import type { Context, GlobalOptions } from '../context.ts';
import { UtopiaError } from '../errors.ts';
import { hostFolder, shareFolder } from '../guest/mount-script.ts';
import { findGuest, type ReachableGuest } from '../lifecycle/watch/find-guest.ts';
import { mountHostFolder, mountShare } from '../lifecycle/watch/mount-in-guest.ts';
import { homeFolder } from '../system/places.ts';
import { writersOf } from '../lifecycle/watch/find-share-writers.ts';
import { sayTrouble } from './report/share-access.ts';

export interface MountOptions {
  /** Where in the guest; each kind has its own default. */
  readonly folder: string | undefined;
  /** Now only, without a line in the guest's /etc/fstab. */
  readonly once: boolean;
  /** This folder of the host by sshfs instead of the share; `true` for the home folder. */
  readonly sshfs: string | true | undefined;
}

/** `utopia mount`: the share where the guest lacks it, or a folder of the host by sshfs. */
export async function runMount(
  context: Context,
  globals: GlobalOptions,
  options: MountOptions,
): Promise<void> {
  const folder = options.folder ?? (options.sshfs === undefined ? shareFolder : hostFolder);
  if (!posix.isAbsolute(folder)) {
    throw new UtopiaError('usage', `${folder} is no absolute path of the guest.`, {
      hint: `utopia mount ${shareFolder}`,
    });
  }
  const guest = await findGuest(context, globals, 'root');
  if (options.sshfs === undefined) {
    await reportShare(context, globals, guest, folder, options.once);
    return;
  }
  const source =
    options.sshfs === true ? homeFolder(context.env) : resolve(context.cwd, options.sshfs);
  const terminal = context.terminal.stdin.isTTY;
  await mountHostFolder(context.signal, guest, { source, folder, terminal });
  context.terminal.out(`${source} is ${folder} in the guest, until it is off.`);
}

async function reportShare(
  { terminal }: Context,
  globals: GlobalOptions,
  guest: ReachableGuest,
  folder: string,
  once: boolean,
): Promise<void> {
  const { running, machine } = guest;
  const report = await mountShare(guest, folder, once);
  const sharedDir = running.state?.plan.sharedDir ?? machine.config.sharedDir;
  const writers = running.state && (await writersOf(running.state, report.user));
  if (globals.json) {
    const { end, owner, user } = report;
    terminal.json({ schema: 1, end, folder, sharedDir, owner, user, shareWriters: writers });
    return;
  }
  const how = report.end === 'there' ? 'is already' : once ? 'is now' : 'is now, and at each boot,';
  terminal.out(`${sharedDir} ${how} ${folder} in the guest.`);
  // An image of other makers need not have the account.
  if (writers !== undefined && (report.user !== undefined || writers.root === 'no'))
    sayTrouble(terminal, writers);
}
