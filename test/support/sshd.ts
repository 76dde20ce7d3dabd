import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { ensureMachineKey, markKeyInstalled, sshFiles } from '../../src/guest/ssh-key.ts';
import type { GuestAccess } from '../../src/guest/ssh.ts';
import { freePort, waitForBannerOn } from './boot.ts';

/** OpenSSH's own server on a free port of loopback, which lets this account in by the lab's key only. */
export interface LocalSshd extends AsyncDisposable {
  readonly port: number;
  readonly pid: number;
  /** A way into it, as if it were a guest. */
  readonly access: GuestAccess;
  /** Ends it, and with it every connection. */
  stop(): Promise<void>;
}

/** Starts one with its files in `folder`; on `port` where it is given. */
export async function startSshd(folder: string, givenPort?: number): Promise<LocalSshd> {
  const port = givenPort ?? (await freePort());
  const login = userInfo().username;
  const sshDir = join(folder, 'ssh');
  await ensureMachineKey(sshDir, 'test');
  await markKeyInstalled(sshFiles(sshDir), login);
  const hostKey = join(folder, 'host-key');
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', hostKey]);
  const config = join(folder, 'sshd_config');
  writeFileSync(
    config,
    [
      `HostKey ${hostKey}`,
      `AuthorizedKeysFile ${join(sshDir, 'id_ed25519.pub')}`,
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
  const child = spawn('/usr/sbin/sshd', ['-D', '-e', '-f', config, '-p', String(port)], {
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
  await waitForBannerOn(port, performance.now() + 20_000);
  return {
    port,
    pid,
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
