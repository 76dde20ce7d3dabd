import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RunResult } from './lab.ts';

/**
 * A login in a guest: one ssh connection with one shell, in which scripts run one
 * after the other. Under emulation every connection costs more than a second; and
 * groups are those of the moment of the login, as for a person.
 */
export interface GuestShell extends AsyncDisposable {
  /** Runs a shell script without standard input; rejects when the connection ends first. */
  run(script: string): Promise<RunResult>;
}

export interface GuestAccess {
  readonly port: number;
  /** A folder of the test's own, for the program that gives the password. */
  readonly folder: string;
}

/** Logs in as a user whose password is its name, as in images that utopia builds. */
export async function logIn({ port, folder }: GuestAccess, user: string): Promise<GuestShell> {
  const askpass = join(folder, `password-of-${user}`);
  writeFileSync(askpass, `#!/bin/sh\necho ${user}\n`);
  chmodSync(askpass, 0o700);
  const child = spawn('ssh', [...sshOptions, '-p', String(port), `${user}@127.0.0.1`, shell], {
    stdio: 'pipe',
    env: { PATH: process.env['PATH'], SSH_ASKPASS: askpass, SSH_ASKPASS_REQUIRE: 'force' },
  });
  let received = Buffer.alloc(0);
  let complaints = '';
  let ended = false;
  child.stdout.on('data', (chunk: Buffer) => (received = Buffer.concat([received, chunk])));
  child.stderr.on('data', (chunk: Buffer) => (complaints += chunk.toString()));
  // A shell that is gone makes writing fail; that it is gone is said below.
  child.stdin.on('error', () => {});
  const close = once(child, 'close').then(() => (ended = true));

  /** The next so many bytes, or the next line with `undefined`. */
  async function take(bytes?: number): Promise<string> {
    for (;;) {
      const length = bytes ?? received.indexOf('\n') + 1;
      if (length <= received.length && (bytes !== undefined || length > 0)) {
        const text = received.subarray(0, length).toString();
        received = received.subarray(length);
        return text;
      }
      if (ended) throw new Error(`the login of ${user} ended: ${complaints.trim()}`);
      await Promise.race([once(child.stdout, 'data'), close]);
    }
  }

  const run = async (script: string): Promise<RunResult> => {
    const quoted = `'${script.replaceAll("'", String.raw`'\''`)}'`;
    child.stdin.write(`frame ${quoted}\n`);
    const [status = '', out = '', error = ''] = (await take()).trim().split(' ');
    return {
      status: Number(status),
      stdout: await take(Number(out)),
      stderr: await take(Number(error)),
    };
  };
  child.stdin.write(frame);
  // Groups are those of now, not of when the first script runs.
  await run('true');
  return {
    run,
    [Symbol.asyncDispose]: async () => {
      child.kill();
      await close;
    },
  };
}

const shell = 'exec bash --noprofile --norc';

/** A shell function: runs a script, then tells its status and the lengths of what it said, then that. */
const frame = `frame() { t=$(mktemp -d); sh -c "$1" </dev/null >$t/o 2>$t/e; s=$?
echo $s $(stat -c %s $t/o $t/e); cat $t/o $t/e; rm -r $t; }
`;

const sshOptions: readonly string[] = [
  ...['-T', '-F', '/dev/null', '-o', 'LogLevel=ERROR', '-o', 'ConnectTimeout=60'],
  ...['-o', 'StrictHostKeyChecking=no', '-o', 'UserKnownHostsFile=/dev/null'],
  ...['-o', 'PreferredAuthentications=password', '-o', 'NumberOfPasswordPrompts=1'],
  // The newer key exchange, with sntrup761, takes seconds of an emulated processor.
  ...['-o', 'KexAlgorithms=curve25519-sha256'],
];
