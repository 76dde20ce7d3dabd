import { spawn } from 'node:child_process';
import { chmodSync } from 'node:fs';
import { once } from 'node:events';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { testImage } from '../support/image.ts';
import { makeLab, type Lab, type RunResult } from '../support/lab.ts';
import { makeNetwork, type Network } from '../support/network.ts';
import { needsOfHost } from '../support/requirements.ts';
import { meetStranger } from '../support/stranger.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

// Real guests on a host with another user, who connects to whatever listens on loopback.
const ready = needsOfHost('qemu', 'image-tools', 'ssh', 'root', 'setpriv', 'network-namespaces');

vi.setConfig({ testTimeout: 400_000, hookTimeout: 400_000 });

let lab: Lab;
let network: Network;

beforeAll(async () => {
  if (!ready) return;
  network = await makeNetwork();
  lab = await makeLab({ backing: await testImage(), within: network.within });
});

afterAll(async () => {
  await lab?.[Symbol.asyncDispose]();
  network?.[Symbol.dispose]();
});

/** Of a server in the lab's network, where nobody else is. */
const port = 18_998;

/** Runs it while a stranger looks around: he hears nothing of a guest, and spoils it at the most. */
async function runAmongOthers(...args: readonly string[]): Promise<RunResult> {
  using folder = temporaryFolder();
  chmodSync(folder.path, 0o755);
  await using stranger = await meetStranger(folder.path, network.within);
  const result = await lab.run(...args);
  expect({ heard: stranger.heard(), logins: stranger.logins() }).toEqual({ heard: [], logins: [] });
  if (stranger.connections().length > 0) {
    expect(result.status, result.stderr).toBe(75);
    expect(result.stderr).toContain('Another program connected to the guest before us.');
  } else {
    expect(result.status, result.stderr).toBe(0);
  }
  return result;
}

test('a copy that boots: its guest answers nobody else', async () => {
  await runAmongOthers('run', '--cold', '--', 'true');
});

test('a copy that is kept', async () => {
  await runAmongOthers('run', '--cold', '--keep', 'kept', '--', 'true');
});

test('the guest of which a warm base is made', async () => {
  await runAmongOthers('image', 'warm');
});

test('a copy of a snapshot without memory', async () => {
  const saved = await lab.run('up', '--detach');
  expect(saved.status, saved.stderr).toBe(0);
  expect((await lab.run('down')).status).toBe(0);
  expect((await lab.run('snapshot', 'save', 'ready')).status).toBe(0);
  await runAmongOthers('run', '--from', 'ready', '--', 'true');
});

test('a copy reaches no server of the host, unless --network', async () => {
  // In the network of the lab, which is not the test's own.
  const serve = `require('http').createServer((_, answer) => answer.end('the page of somebody')).listen(${port}, '127.0.0.1', () => console.log('serving'))`;
  const [enter, ...words] = network.within;
  const server = spawn(enter, [...words, process.execPath, '-e', serve], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(server.stdout, 'data');
  try {
    const made = await lab.run('image', 'warm');
    expect(made.status, made.stderr).toBe(0);
    const ask = (way: string): readonly string[] => [
      '--',
      'perl',
      '-MIO::Socket::INET',
      '-e',
      `$s = IO::Socket::INET->new(PeerAddr => "${way}:${port}", Timeout => 10) or exit 3;
       print $s "GET / HTTP/1.0\\r\\n\\r\\n"; print <$s>`,
    ];
    for (const way of ['10.0.2.2', '127.0.0.1']) {
      const closed = await lab.run('run', ...ask(way));
      expect(closed.status, closed.stderr).toBe(3);
    }
    const open = await lab.run('run', '--network', ...ask('10.0.2.2'));
    expect(open.stdout, open.stderr).toContain('the page of somebody');
  } finally {
    server.kill('SIGKILL');
  }
});
