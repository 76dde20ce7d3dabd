import { userInfo } from 'node:os';
import { UtopiaError } from '../../errors.ts';
import {
  parseShareReport,
  shareScript,
  sshfsScript,
  type ShareReport,
} from '../../guest/mount-script.ts';
import { readSshBanner } from '../../guest/ssh-banner.ts';
import { enterGuest, runInGuest } from '../../guest/ssh.ts';
import type { ReachableGuest } from './find-guest.ts';

/** A mount that hangs (a virtqueue of a stopped QEMU) must not hang the command. */
const mountTimeoutMs = 120_000;
/** An SSH server on this host greets at once. */
const bannerTimeoutMs = 2_000;

/** A folder of this host that the guest is to have. */
export interface HostMount {
  /** Absolute, on this host. */
  readonly source: string;
  /** Absolute, in the guest. */
  readonly folder: string;
  /** Somebody is at a terminal, and can be asked for the password. */
  readonly terminal: boolean;
}

/**
 * Mounts the share where the guest lacks it; with `once` not at each boot. The report ends with
 * `mounted` or `there`. Throws `guest-refused`.
 */
export async function mountShare(
  { access }: ReachableGuest,
  folder: string,
  once: boolean,
): Promise<ShareReport> {
  const script = shareScript(folder, !once);
  const { stdout, stderr } = await runInGuest(access, script, { timeoutMs: mountTimeoutMs });
  const report = parseShareReport(stdout);
  if (report.end !== 'mounted' && report.end !== 'there') throw refusal(report, folder, stderr);
  return report;
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

/**
 * Mounts a folder of this host in the guest by sshfs, which asks for the host's password on the
 * terminal. Throws `guest-refused`, `ssh-unavailable`.
 */
export async function mountHostFolder(
  signal: AbortSignal,
  { access, running }: ReachableGuest,
  { source, folder, terminal }: HostMount,
): Promise<void> {
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
  const login = userInfo().username;
  const ended = await enterGuest(access, {
    command: sshfsScript({ login, folder: source }, folder),
    tty: terminal ? 'always' : 'never',
  });
  if (ended === 0) return;
  throw new UtopiaError('guest-refused', `sshfs in the guest ended with status ${ended}.`, {
    hint: `utopia ssh -t -- sshfs ${login}@10.0.2.2: ${folder}`,
  });
}
