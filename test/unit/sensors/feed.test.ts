import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { SensorFeed } from '../../../src/config/machine-config.ts';
import { followFeed } from '../../../src/sensors/feed.ts';
import { encodeFrame } from '../../../src/sensors/frame.ts';
import { simulateTick } from '../../../src/sensors/simulate.ts';
import { needsOfTest } from '../../support/requirements.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

interface Following extends AsyncDisposable {
  readonly frames: readonly string[];
  readonly notes: readonly string[];
  /** Waits until something is true of what has come so far. */
  until(condition: () => boolean): Promise<void>;
}

function follow(feed: SensorFeed): Following {
  const end = new AbortController();
  const frames: string[] = [];
  const notes: string[] = [];
  const listener = {
    frame: (bytes: Buffer) => void frames.push(bytes.toString('hex')),
    note: (text: string) => void notes.push(text),
  };
  const done = followFeed(feed, listener, end.signal);
  return {
    frames,
    notes,
    until: async (condition) => {
      while (!condition()) await sleep(10);
    },
    [Symbol.asyncDispose]: async () => {
      end.abort();
      await done;
    },
  };
}

async function listen(serve: (socket: Socket) => void, port = 0): Promise<Server> {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    serve(socket);
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return server;
}

const frame = encodeFrame({ amType: 0xfd, payload: Buffer.from([1, 2]) });
const hex = frame.toString('hex');

describe('tcp', () => {
  test('joins in the middle, goes on after the server went and came back', async () => {
    const sockets: Socket[] = [];
    const serve = (socket: Socket): void => {
      sockets.push(socket);
      socket.write(Buffer.concat([frame.subarray(4), frame, frame.subarray(0, 3)]));
    };
    const first = await listen(serve);
    const { port } = first.address() as AddressInfo;
    await using feed = follow({ kind: 'tcp', host: '127.0.0.1', port });
    await feed.until(() => feed.frames.length >= 1);
    expect(feed.frames).toEqual([hex]);
    expect(feed.notes).toEqual([`connected to 127.0.0.1:${port}`]);

    first.close();
    sockets[0]?.destroy();
    await feed.until(() => feed.notes.some((note) => note.includes('ECONNREFUSED')));
    expect(feed.notes).toContain('the feed ended after 1 frames');
    expect(feed.notes.filter((note) => note.startsWith('trying again'))).toEqual([
      'trying again in 1 s',
      'trying again in 2 s',
    ]);
    const second = await listen(serve, port);
    await feed.until(() => feed.frames.length >= 2);
    second.close();
    sockets[1]?.destroy();
    // A frame came: the time limit starts anew.
    await feed.until(() => feed.notes.filter((note) => note.endsWith('in 1 s')).length >= 2);
  });

  test('a name that does not exist is a note', async () => {
    await using feed = follow({ kind: 'tcp', host: 'no-such-host.invalid', port: 49152 });
    await feed.until(() => feed.notes.length >= 2);
    expect(feed.notes[0]).toMatch(/^no feed: .*no-such-host\.invalid/);
  });
});

describe('replay', () => {
  test('a recording, over and over', async () => {
    using folder = temporaryFolder();
    const file = join(folder.path, 'rec.bin');
    writeFileSync(file, Buffer.concat([frame.subarray(5), frame]));
    await using feed = follow({ kind: 'replay', file });
    await feed.until(() => feed.frames.length >= 3);
    expect(feed.notes).toEqual([`replaying 1 frames of ${file}`]);
  });

  test('a file without a frame, or no file, is a note', async () => {
    using folder = temporaryFolder();
    const file = join(folder.path, 'rec.bin');
    {
      await using feed = follow({ kind: 'replay', file });
      await feed.until(() => feed.notes.length >= 2);
      expect(feed.notes[0]).toContain('ENOENT');
    }
    writeFileSync(file, 'no frames here');
    await using feed = follow({ kind: 'replay', file });
    await feed.until(() => feed.notes.length >= 2);
    expect(feed.notes[0]).toContain('holds no frame');
  });
});

test('sim sends what its clock says', async () => {
  await using feed = follow({ kind: 'sim', faults: [] });
  const ticks = Math.floor(Date.now() / 125);
  await feed.until(() => feed.frames.length >= 3);
  const expected = Array.from({ length: 40 }, (_, n) =>
    simulateTick(ticks - 2 + n)?.toString('hex'),
  );
  for (const each of feed.frames) expect(expected).toContain(each);
});

describe('serial', () => {
  test('a terminal device is set up and read', async (context) => {
    needsOfTest(context, 'script');
    using folder = temporaryFolder();
    const name = join(folder.path, 'tty');
    // script(1) makes a pseudo-terminal whose other end is its standard input.
    const line = spawn('script', ['-qec', `tty >'${name}'; sleep 60`, '/dev/null'], {
      stdio: 'pipe',
    });
    try {
      let device = '';
      while (!device.endsWith('\n')) {
        await sleep(20);
        device = readFileSync(name, { encoding: 'utf8', flag: 'a+' });
      }
      await using feed = follow({ kind: 'serial', device: device.trim() });
      await feed.until(() => feed.notes.includes(`reading ${device.trim()}`));
      const sent = simulateTick(14_000_000_001) ?? Buffer.of();
      line.stdin.write(sent);
      await feed.until(() => feed.frames.length >= 1);
      expect(feed.frames).toEqual([sent.toString('hex')]);
    } finally {
      line.kill('SIGKILL');
    }
  });

  test('a device that is not there is a note', async () => {
    await using feed = follow({ kind: 'serial', device: '/dev/no-such-tty' });
    await feed.until(() => feed.notes.length >= 2);
    expect(feed.notes[0]).toMatch(/no feed: stty: .*No such file/);
  });
});
