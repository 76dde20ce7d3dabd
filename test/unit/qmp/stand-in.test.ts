import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { waitForSshBanner } from '../../../src/guest/ssh-banner.ts';
import { connectQmp, type QmpClient } from '../../../src/qmp/client.ts';
import { QmpConnectionError } from '../../../src/qmp/qmp-errors.ts';
import { powerDown, queryStatus, quit } from '../../../src/qmp/queries.ts';
import { installStandIn, type StandInScenario } from '../../support/stand-in.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

// The stand-in must be a QEMU to our own client, or tests that use it prove nothing.

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

interface Started {
  readonly folder: string;
  readonly port: number;
  readonly child: ChildProcess;
  readonly exit: Promise<unknown[]>;
}

async function start(scenario: StandInScenario, port?: number): Promise<Started> {
  const folder = temporaryFolder();
  const { binary } = installStandIn(folder.path, scenario);
  const sshPort = port ?? (await freePort());
  const at = (name: string): string => join(folder.path, name);
  const child = spawn(
    binary,
    [
      ...['-pidfile', at('pid')],
      ...[
        '-chardev',
        `socket,id=console0,path=${at('c.sock')},server=on,wait=off,logfile=${at('console')},logappend=on`,
      ],
      ...['-serial', 'chardev:console0'],
      ...['-chardev', `file,id=firmware0,path=${at('firmware')}`],
      ...['-device', 'isa-debugcon,iobase=0x402,chardev=firmware0'],
      ...['-chardev', `socket,id=qmp0,path=${at('q.sock')},server=on,wait=off`],
      ...['-mon', 'chardev=qmp0,mode=control'],
      ...['-netdev', `user,id=net0,hostfwd=tcp:127.0.0.1:${sshPort}-:22`],
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  const exit = once(child, 'exit');
  onTestFinished(() => {
    child.kill('SIGKILL');
    folder[Symbol.dispose]();
  });
  return { folder: folder.path, port: sshPort, child, exit };
}

/** A socket is there a moment before somebody listens on it. */
async function connectWhenReady(path: string): Promise<QmpClient> {
  for (;;) {
    const client = await connectQmp(path).catch((error: unknown) => {
      if (!(error instanceof QmpConnectionError) || error.trouble !== 'absent') throw error;
      return undefined;
    });
    if (client !== undefined) return client;
    await sleep(10);
  }
}

test('boots, answers on SSH, powers down when asked', async () => {
  const { folder, port, exit, child } = await start({});
  const client = await connectWhenReady(join(folder, 'q.sock'));
  const names: string[] = [];
  client.onEvent((event) => names.push(event.name));
  const { signal } = new AbortController();
  expect(await waitForSshBanner({ host: '127.0.0.1', port, signal })).toMatch(/^SSH-2\.0-/);
  expect(Number(readFileSync(join(folder, 'pid'), 'utf8'))).toBe(child.pid);
  expect(readFileSync(join(folder, 'console'), 'utf8')).toContain('lab login: ');
  expect(readFileSync(join(folder, 'firmware'), 'utf8')).toContain('SeaBIOS');
  expect(await queryStatus(client)).toEqual({ status: 'running', running: true });
  await powerDown(client);
  expect(await exit).toEqual([0, null]);
  expect(names).toEqual(['POWERDOWN', 'SHUTDOWN']);
});

test('serves one client at a time', async () => {
  const { folder } = await start({});
  const path = join(folder, 'q.sock');
  const first = await connectWhenReady(path);
  await expect(connectQmp(path, { timeoutMs: 100 })).rejects.toMatchObject({ trouble: 'busy' });
  first.close();
  const second = await connectQmp(path);
  await quit(second);
});

test('ignores what it is told to ignore', async () => {
  const { folder, exit, child } = await start({ onPowerdown: 'ignore', onTerminate: 'ignore' });
  const client = await connectWhenReady(join(folder, 'q.sock'));
  await powerDown(client);
  child.kill('SIGTERM');
  await sleep(200);
  expect(child.exitCode).toBeNull();
  await quit(client);
  expect(await exit).toEqual([0, null]);
});

test('dies at once with a message', async () => {
  const { exit, child } = await start({ dieAtOnce: { code: 1, stderr: 'no\n' } });
  let said = '';
  child.stderr?.on('data', (chunk: Buffer) => (said += chunk.toString()));
  expect(await exit).toEqual([1, null]);
  expect(said).toBe('no\n');
});

test('says what QEMU says when its port is taken', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const { exit, child } = await start({}, port);
  let said = '';
  child.stderr?.on('data', (chunk: Buffer) => (said += chunk.toString()));
  expect(await exit).toEqual([1, null]);
  expect(said).toContain('Could not set up host forwarding rule');
  server.close();
});

test('replays a recording', async () => {
  const { folder, exit } = await start({ steps: [{ afterClient: true, transcript: 'disk-full' }] });
  const client = await connectWhenReady(join(folder, 'q.sock'));
  const names: string[] = [];
  client.onEvent((event) => names.push(event.name));
  expect(await exit).toEqual([0, null]);
  expect(names).toEqual(['BLOCK_IO_ERROR', 'STOP', 'RESUME', 'SHUTDOWN']);
});
