import { execFile } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { mkdirSync, writeFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freePort } from '../support/boot.ts';
import { testImage } from '../support/image.ts';
import { makeLab, type Lab, type RunResult } from '../support/lab.ts';
import { needsOfHost } from '../support/requirements.ts';

// UTOPIA_LOGIN=key and UTOPIA_NETWORK=none in a real guest, over two boots. The tests build on each other.
const ready = needsOfHost('qemu', 'image-tools', 'ssh');

/** Under emulation a login that is refused takes seconds, on a busy host many of them. */
const attemptMs = 120_000;

let lab: Lab;
let forwarded: number;
/** Servers on this host's loopback, and what reached them. */
let tcpPort: number;
let udpPort: number;
const reached: string[] = [];
const tcp = createServer((socket) => {
  reached.push('tcp');
  socket.on('error', () => {});
  socket.end('host\n');
});
const udp = createSocket('udp4', () => reached.push('udp'));

beforeAll(async () => {
  if (!ready) return;
  await new Promise<void>((resolve) => tcp.listen(0, '127.0.0.1', resolve));
  await new Promise<void>((resolve) => udp.bind(0, '127.0.0.1', resolve));
  tcpPort = (tcp.address() as AddressInfo).port;
  udpPort = udp.address().port;
  forwarded = await freePort();
  const config = [
    'UTOPIA_LOGIN=key',
    'UTOPIA_NETWORK=none',
    `UTOPIA_FORWARDS=${forwarded}:8000`,
    'UTOPIA_WARM_BASE=never',
  ];
  lab = await makeLab({ backing: await testImage(), config });
  await succeeds('up', '--detach');
});

afterAll(async () => {
  await lab?.[Symbol.asyncDispose]();
  await new Promise((resolve) => tcp.close(resolve));
  udp.close();
});

async function succeeds(...words: readonly string[]): Promise<RunResult> {
  const result = await lab.run(...words);
  expect(result.status, `${words.join(' ')}\n${result.stdout}${result.stderr}`).toBe(0);
  return result;
}

async function inGuest(script: string): Promise<string> {
  return (await succeeds('ssh', '--', script)).stdout;
}

/** What another user of this host gets who knows the guide: the account's password is its name. */
async function logInWithPassword(account: string): Promise<string> {
  const home = join(lab.folder, '../other');
  mkdirSync(home, { recursive: true });
  const askpass = join(home, `askpass-${account}`);
  writeFileSync(askpass, `#!/bin/sh\necho ${account}\n`, { mode: 0o755 });
  const options = [
    'StrictHostKeyChecking=no',
    `UserKnownHostsFile=${join(home, 'known-hosts')}`,
    'PubkeyAuthentication=no',
    'NumberOfPasswordPrompts=1',
    'LogLevel=ERROR',
  ].flatMap((option) => ['-o', option]);
  const words = ['-w', 'ssh', '-F', '/dev/null', '-p', String(lab.sshPort), ...options];
  const env = {
    PATH: process.env['PATH'],
    HOME: home,
    DISPLAY: ':0',
    SSH_ASKPASS: askpass,
    SSH_ASKPASS_REQUIRE: 'force',
  };
  return await promisify(execFile)('setsid', [...words, `${account}@127.0.0.1`, 'id', '-un'], {
    env,
    cwd: '/',
    timeout: attemptMs,
  }).then(
    ({ stdout }) => stdout,
    ({ stderr }: { stderr: string }) => stderr,
  );
}

async function expectClosed(): Promise<void> {
  for (const account of ['root', 'user']) {
    expect(await logInWithPassword(account), account).toMatch(/Permission denied \(publickey\)/);
  }
  expect(await inGuest('id -un')).toBe('root\n');
}

/** What a program of the host hears at a port of its loopback. */
async function hear(port: number): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.setTimeout(30_000, () => socket.destroy());
  let heard = '';
  for await (const chunk of socket) heard += String(chunk);
  return heard;
}

/** The guest's own attempts to get out: TCP and UDP to this host, a question to its name service. */
const wayOut = (): string =>
  [
    `timeout 10 bash -c 'exec 3<>/dev/tcp/10.0.2.2/${tcpPort} && cat <&3' 2>/dev/null || echo no tcp`,
    `echo guest 2>/dev/null >/dev/udp/10.0.2.2/${udpPort}`,
    // RFC 1035, 4.1: a question for the addresses of "a.".
    String.raw`timeout 10 bash -c 'exec 3<>/dev/udp/10.0.2.3/53; printf "\0\1\1\0\0\1\0\0\0\0\0\0\1a\0\0\1\0\1" >&3; head -c 1 <&3 | wc -c' || echo no name service`,
    'echo over',
  ].join('\n');

describe('UTOPIA_LOGIN=key from the first boot', () => {
  test('the guide’s passwords are refused over the port, utopia gets in', async () => {
    const status = JSON.parse((await succeeds('status', '--json')).stdout) as object;
    expect(status).toMatchObject({ sshOpen: true, login: 'key' });
    await expectClosed();
  });

  test('the console takes the password as before', async () => {
    const socket = connect(lab.paths().consoleSocket);
    try {
      let seen = '';
      socket.on('data', (chunk) => (seen += chunk.toString()));
      const deadline = performance.now() + attemptMs;
      const expectLine = async (pattern: RegExp): Promise<void> => {
        while (!pattern.test(seen)) {
          expect(performance.now(), seen).toBeLessThan(deadline);
          await new Promise((resolve) => setTimeout(resolve, 50));
        }
        seen = '';
      };
      socket.write('\n');
      await expectLine(/login: $/);
      socket.write('root\n');
      await expectLine(/Password: $/);
      socket.write('root\n');
      await expectLine(/# /);
      socket.write('id -un; exit\n');
      // Behind the sequence that ends the line being edited.
      await expectLine(/root\r/);
    } finally {
      socket.destroy();
    }
  });
});

describe('UTOPIA_NETWORK=none', () => {
  test('the guest reaches neither this host nor its name service', async () => {
    reached.length = 0;
    const said = await inGuest(wayOut());
    expect(said).toContain('no tcp\n');
    expect(said).toContain('no name service\n');
    expect(said).toMatch(/over\n$/);
    expect(reached).toEqual([]);
  });

  test('a forward leads into it', async () => {
    const server =
      '$s = IO::Socket::INET->new(LocalPort => 8000, Listen => 1) or die; while ($c = $s->accept) { print $c "guest\\n"; close $c }';
    await inGuest(`setsid perl -MIO::Socket::INET -e '${server}' </dev/null >/dev/null 2>&1 &`);
    await expect.poll(() => hear(forwarded), { timeout: attemptMs }).toBe('guest\n');
  });
});

test('suspend and up: the login goes on closed, the network is that of the new start', async () => {
  await succeeds('suspend');
  await succeeds('up', '--detach', '--network', 'full');
  await expectClosed();
  expect(await hear(forwarded)).toBe('guest\n');
  // The same attempts as before: they show that something would have been reached.
  const said = await inGuest(wayOut());
  expect(said).toMatch(/^host\n/);
  await expect.poll(() => reached).toEqual(['tcp', 'udp']);
});

test('login password opens it again, where the setting lets it; login key closes it', async () => {
  const refused = await lab.run('login', 'password');
  expect(refused.stderr).toContain('passwords stay closed');
  await expectClosed();
  lab.env['UTOPIA_LOGIN'] = 'password';
  await succeeds('login', 'password');
  delete lab.env['UTOPIA_LOGIN'];
  expect(await logInWithPassword('root')).toBe('root\n');
  expect(await logInWithPassword('user')).toBe('user\n');
  await succeeds('login', 'key');
  await expectClosed();
});

test('a fresh private file after reset is closed, too', async () => {
  await succeeds('down');
  await succeeds('reset', '--yes');
  await succeeds('up', '--detach');
  await expectClosed();
});
