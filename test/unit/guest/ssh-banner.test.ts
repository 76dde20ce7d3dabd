import { createServer, type AddressInfo, type Socket } from 'node:net';
import { expect, test } from 'vitest';
import {
  attemptTimeoutMs,
  findBanner,
  readSshBanner,
  waitForSshBanner,
} from '../../../src/guest/ssh-banner.ts';

async function listen(
  talk: (socket: Socket) => void,
): Promise<AsyncDisposable & { readonly host: string; readonly port: number }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    talk(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    host: '127.0.0.1',
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

test('the version line is read, even in two pieces and behind other lines', async () => {
  await using server = await listen((socket) => {
    socket.write('Welcome\r\nSSH-2.0-Open');
    setImmediate(() => socket.write('SSH_9.2p1 Debian-2\r\n'));
  });
  expect(await readSshBanner({ ...server, timeoutMs: 30_000 })).toBe(
    'SSH-2.0-OpenSSH_9.2p1 Debian-2',
  );
});

test('a port that accepts and says nothing is not SSH', async () => {
  await using server = await listen(() => {});
  expect(await readSshBanner({ ...server, timeoutMs: 30 })).toBeUndefined();
});

test.each([
  ['something else', 'HTTP/1.1 400 Bad Request\r\n\r\n'],
  ['an endless stream', 'x'.repeat(10_000)],
])('%s is not SSH', async (_, text) => {
  await using server = await listen((socket) => socket.end(text));
  expect(await readSshBanner(server)).toBeUndefined();
});

test('nobody there', async () => {
  const server = await listen(() => {});
  await server[Symbol.asyncDispose]();
  expect(await readSshBanner(server)).toBeUndefined();
});

test('waits until the guest answers', async () => {
  let asked = 0;
  await using server = await listen((socket) => {
    asked += 1;
    if (asked < 3) socket.destroy();
    else socket.write('SSH-2.0-late\r\n');
  });
  const { signal } = new AbortController();
  expect(await waitForSshBanner({ ...server, signal, pauseMs: 5 })).toBe('SSH-2.0-late');
  expect(asked).toBe(3);
});

test('an abort ends the wait with its reason', async () => {
  await using server = await listen(() => {});
  const controller = new AbortController();
  const reason = new Error('enough');
  const waiting = waitForSshBanner({ ...server, signal: controller.signal });
  controller.abort(reason);
  await expect(waiting).rejects.toBe(reason);
});

test('a banner that is not finished is none yet', () => {
  expect(findBanner('SSH-2.0-Open')).toBeUndefined();
});

test('the longer it takes, the longer an attempt may wait', () => {
  expect([0, 20_000, 60_000, 120_000, 600_000].map(attemptTimeoutMs)).toEqual([
    4_000, 4_000, 10_000, 20_000, 30_000,
  ]);
});
