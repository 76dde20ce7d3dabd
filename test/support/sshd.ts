import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { ensureMachineKey, markKeyInstalled, sshFiles } from '../../src/guest/ssh-key.ts';
import type { GuestAccess } from '../../src/guest/guest-access.ts';
import { freePort, waitForBannerOn } from './boot.ts';

/** OpenSSH's own server on a free port of loopback, which lets this account in by the lab's key only. */
export interface LocalSshd extends AsyncDisposable {
  readonly port: number;
  readonly pid: number;
  /** File of the keys that it lets in; at first the lab's. */
  readonly authorizedKeys: string;
  /** A way into it, as if it were a guest. */
  readonly access: GuestAccess;
  /** Ends it, and with it every connection. */
  stop(): Promise<void>;
}

/** Starts one with its files in `folder`; on `port` where it is given, in another network with `within`. */
export async function startSshd(
  folder: string,
  options: { readonly port?: number; readonly within?: readonly string[] } = {},
): Promise<LocalSshd> {
  const { port = await freePort(), within = [] } = options;
  const login = userInfo().username;
  const sshDir = join(folder, 'ssh');
  await ensureMachineKey(sshDir, 'test');
  await markKeyInstalled(sshFiles(sshDir), login);
  const authorizedKeys = join(folder, 'authorized-keys');
  copyFileSync(join(sshDir, 'id_ed25519.pub'), authorizedKeys);
  const hostKey = join(folder, 'host-key');
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', hostKey]);
  const config = join(folder, 'sshd_config');
  writeFileSync(
    config,
    [
      `HostKey ${hostKey}`,
      `AuthorizedKeysFile ${authorizedKeys}`,
      'ListenAddress 127.0.0.1',
      'StrictModes no',
      'UsePAM no',
      'PidFile none',
      'PasswordAuthentication no',
      'Subsystem sftp internal-sftp',
      '',
    ].join('\n'),
  );
  // sshd insists on this folder where it is root.
  if (process.getuid?.() === 0) mkdirSync('/run/sshd', { recursive: true });
  const words = [...within, '/usr/sbin/sshd', '-D', '-e', '-f', config, '-p', String(port)];
  const [program = '', ...args] = words;
  const child = spawn(program, args, {
    stdio: 'ignore',
    detached: true,
  });
  const ended = once(child, 'exit');
  const pid = child.pid ?? 0;
  const stop = async (): Promise<void> => {
    // The sessions are processes of its group.
    if (child.exitCode === null && child.signalCode === null) process.kill(-pid, 'SIGKILL');
    await ended;
  };
  if (within.length === 0) await waitForBannerOn(port, performance.now() + 20_000);
  return {
    port,
    pid,
    authorizedKeys,
    stop,
    access: {
      host: '127.0.0.1',
      port,
      login,
      machineId: 'lab-1',
      sshDir,
      runtimeDir: join(folder, 'run'),
      bootMark: 'boot 1',
      checkPort: () => Promise.resolve(),
      env: process.env,
      signal: new AbortController().signal,
    },
    [Symbol.asyncDispose]: stop,
  };
}
