import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** Runs a command in a guest by ssh with a password; gives what it wrote on stdout, trimmed. */
export type GuestShell = (account: 'root' | 'user', command: string) => Promise<string>;

/** A shell for the guest behind a port of 127.0.0.1; `folder` takes the askpass program; `timeout`, in ms, ends a command. */
export function guestShell(port: number, folder: string, timeout = 300_000): GuestShell {
  const askpass = join(folder, 'askpass.sh');
  writeFileSync(askpass, '#!/bin/sh\necho "$GUEST_PASSWORD"\n', { mode: 0o755 });
  return async (account, command) => {
    const { stdout } = await promisify(execFile)(
      'ssh',
      [
        ...['-p', String(port), '-o', 'StrictHostKeyChecking=no', '-o', 'LogLevel=INFO'],
        ...['-o', `UserKnownHostsFile=${join(folder, `known_hosts_${port}`)}`],
        ...['-o', 'PubkeyAuthentication=no', '-o', 'ConnectTimeout=60', '-F', 'none'],
        `${account}@127.0.0.1`,
        command,
      ],
      {
        env: {
          ...process.env,
          SSH_ASKPASS: askpass,
          SSH_ASKPASS_REQUIRE: 'force',
          GUEST_PASSWORD: account,
        },
        timeout,
      },
    );
    return stdout.trim();
  };
}
