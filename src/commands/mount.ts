import { posix, resolve } from 'node:path';
import { userInfo } from 'node:os';
import type { Context, GlobalOptions } from '../context.ts';
import { UtopiaError } from '../errors.ts';
import {
  hostFolder,
  parseShareReport,
  shareFolder,
  shareScript,
  sshfsScript,
  type ShareReport,
} from '../guest/mount-script.ts';
import { readSshBanner } from '../guest/ssh-banner.ts';
import { enterGuest, runInGuest } from '../guest/ssh.ts';
import { homeFolder } from '../system/places.ts';
import { findGuest, type ReachableGuest } from '../lifecycle/watch/guest-access.ts';
import { sayTrouble, writersOf } from './report/share-access.ts';

export interface MountOptions {
  /** Where in the guest; each kind has its own default. */
  readonly folder: string | undefined;
  /** Now only, without a line in the guest's /etc/fstab. */
  readonly once: boolean;
  /** This folder of the host by sshfs instead of the share; `true` for the home folder. */
  readonly sshfs: string | true | undefined;
}

/** A mount that hangs (a virtqueue of a stopped QEMU) must not hang the command. */
const mountTimeoutMs = 120_000;
/** An SSH server on this host greets at once. */
const bannerTimeoutMs = 2_000;

/** `utopia mount`: the share where the guest lacks it, or a folder of the host by sshfs. */
export async function runMount(
  context: Context,
  globals: GlobalOptions,
  options: MountOptions,
): Promise<number> {
  const folder = options.folder ?? (options.sshfs === undefined ? shareFolder : hostFolder);
  if (!posix.isAbsolute(folder)) {
    throw new UtopiaError('usage', `${folder} is no absolute path of the guest.`, {
      hint: `utopia mount ${shareFolder}`,
    });
  }
  const guest = await findGuest(context, globals, 'root');
  if (options.sshfs !== undefined) return await mountHost(context, guest, options.sshfs, folder);
  await mountShare(context, globals, guest, folder, options.once);
  return 0;
}

async function mountShare(
  { terminal }: Context,
  globals: GlobalOptions,
  { access, running, machine }: ReachableGuest,
  folder: string,
  once: boolean,
): Promise<void> {
  const script = shareScript(folder, !once);
  const { stdout, stderr } = await runInGuest(access, script, { timeoutMs: mountTimeoutMs });
  const report = parseShareReport(stdout);
  if (report.end !== 'mounted' && report.end !== 'there') throw refusal(report, folder, stderr);
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

function refusal({ end, detail }: ShareReport, folder: string, stderr: string): UtopiaError {
  switch (end) {
    case 'occupied':
      return new UtopiaError('guest-refused', `${folder} has a ${detail} file system already.`, {
        hint: 'utopia mount /mnt/shared',
      });
    case 'no-9p':
      return new UtopiaError('guest-refused', "The guest's kernel has no 9p file system.", {
        details: ['A kernel of your own needs CONFIG_NET_9P, CONFIG_NET_9P_VIRTIO, CONFIG_9P_FS.'],
        hint: 'utopia mount --sshfs ./shared',
      });
    case 'failed':
    case 'mounted':
    case 'there':
    default:
      return new UtopiaError('guest-refused', `The guest could not mount the share on ${folder}.`, {
        details: [detail, stderr.trim().split('\n').at(-1) ?? ''].filter((line) => line !== ''),
        hint: 'utopia ssh, then dmesg | tail, says more.',
      });
  }
}

async function mountHost(
  context: Context,
  { access, running }: ReachableGuest,
  wanted: string | true,
  folder: string,
): Promise<number> {
  const { env, cwd, terminal, signal } = context;
  if (running.state?.plan.isolated === true) {
    throw new UtopiaError(
      'guest-refused',
      'The guest does not reach this host: UTOPIA_NETWORK=none.',
      {
        details: ['sshfs in the guest logs in here. The share needs no network: utopia mount'],
        hint: 'utopia down, then UTOPIA_NETWORK=full utopia up',
      },
    );
  }
  const banner = { host: '127.0.0.1', port: 22, timeoutMs: bannerTimeoutMs, signal };
  if ((await readSshBanner(banner)) === undefined) {
    throw new UtopiaError('ssh-unavailable', 'No SSH server answers on port 22 of this host.', {
      details: ['sshfs in the guest logs in here, with your password.'],
      hint: 'sudo apt-get install openssh-server, or the share: utopia mount',
    });
  }
  const { status } = await runInGuest(access, 'command -v sshfs');
  if (status !== 0) {
    throw new UtopiaError('guest-refused', 'The guest has no sshfs.', {
      hint: 'utopia ssh -- apt-get install -y sshfs',
    });
  }
  const source = wanted === true ? homeFolder(env) : resolve(cwd, wanted);
  const login = userInfo().username;
  const ended = await enterGuest(access, {
    command: sshfsScript({ login, folder: source }, folder),
    tty: terminal.stdin.isTTY ? 'always' : 'never',
  });
  if (ended === 0) {
    terminal.out(`${source} is ${folder} in the guest, until it is off.`);
    return 0;
  }
  throw new UtopiaError('guest-refused', `sshfs in the guest ended with status ${ended}.`, {
    hint: `utopia ssh -t -- sshfs ${login}@10.0.2.2: ${folder}`,
  });
}
