import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { connectQmp, type QmpClient } from '../../../src/qmp/client.ts';
import { QmpConnectionError, QmpError } from '../../../src/qmp/qmp-errors.ts';
import type { QmpEvent } from '../../../src/qmp/protocol.ts';
import {
  humanMonitor,
  queryDiskFull,
  queryStatus,
  quit,
  resume,
} from '../../../src/qmp/queries.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { readTranscript, replay, serve } from './replay-server.ts';

const greeting = `${JSON.stringify(readTranscript('quit')[0]?.line)}\r\n`;

async function troubleOf(attempt: Promise<unknown>): Promise<string> {
  const error = await attempt.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof QmpConnectionError) return error.trouble;
  throw new Error(`not a QmpConnectionError: ${String(error)}`);
}

async function greet(path: string): Promise<{ client: QmpClient; server: AsyncDisposable }> {
  const server = await serve(path, (socket) => {
    socket.write(greeting);
    socket.on('data', (chunk) => {
      const text = chunk.toString();
      if (text.includes('qmp_capabilities')) socket.write('{"return":{},"id":"1"}\n');
      if (text.includes('"stop"')) socket.destroy();
    });
  });
  return { client: await connectQmp(path), server };
}

describe('against what a real QEMU said', () => {
  test('the version is read, a refused command is a QmpError, quit ends the conversation', async () => {
    using folder = temporaryFolder();
    await using server = await serve(join(folder.path, 'q'), replay(readTranscript('quit')));
    const client = await connectQmp(server.path);
    expect(client.version).toBe('7.2.22');
    const refused = await client.execute('nonsense').catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(QmpError);
    expect(refused).toMatchObject({ errorClass: 'CommandNotFound', command: 'nonsense' });
    expect(await humanMonitor(client, 'info status')).toBe('VM status: running\r\n');
    await quit(client);
    await client.closed;
  });

  test('a full disk is seen as event and as state, and the machine goes on', async () => {
    using folder = temporaryFolder();
    await using server = await serve(join(folder.path, 'q'), replay(readTranscript('disk-full')));
    const client = await connectQmp(server.path);
    const events: QmpEvent[] = [];
    const stopped = new Promise<void>((resolve) => {
      client.onEvent((event) => {
        events.push(event);
        if (event.name === 'STOP') resolve();
      });
    });
    await stopped;
    expect(events[0]).toMatchObject({ name: 'BLOCK_IO_ERROR', data: { nospace: true } });
    expect(await Promise.all([queryStatus(client), queryDiskFull(client)])).toEqual([
      { status: 'io-error', running: false },
      true,
    ]);
    await resume(client);
    await client.closed;
    expect(events.map((event) => event.name)).toContain('RESUME');
    expect(events.at(-1)?.name).toBe('SHUTDOWN');
  });

  test('an event that comes with the greeting waits for the first listener', async () => {
    using folder = temporaryFolder();
    await using server = await serve(join(folder.path, 'q'), (socket) => {
      socket.write(greeting);
      socket.once('data', () => socket.write('{"return":{},"id":"1"}\n{"event":"STOP"}\n'));
    });
    const client = await connectQmp(server.path);
    const names: string[] = [];
    const unsubscribe = client.onEvent((event) => names.push(event.name));
    expect(names).toEqual(['STOP']);
    unsubscribe();
    client.close();
    await client.closed;
  });
});

describe('when the other side is not as it should be', () => {
  test('no socket at all', async () => {
    using folder = temporaryFolder();
    expect(await troubleOf(connectQmp(join(folder.path, 'none')))).toBe('absent');
  });

  test('a connection that is taken but not greeted: somebody else holds the machine', async () => {
    using folder = temporaryFolder();
    await using server = await serve(join(folder.path, 'q'), () => {});
    expect(await troubleOf(connectQmp(server.path, { timeoutMs: 50 }))).toBe('busy');
  });

  test('something that is not QMP', async () => {
    using folder = temporaryFolder();
    await using server = await serve(join(folder.path, 'q'), (socket) => {
      socket.write('SSH-2.0-OpenSSH_9.2p1\r\n');
    });
    expect(await troubleOf(connectQmp(server.path))).toBe('foreign');
  });

  test('a QEMU that dies rejects every command under way and all later ones', async () => {
    using folder = temporaryFolder();
    const { client, server } = await greet(join(folder.path, 'q'));
    await using _ = server;
    const answers = [client.execute('query-status'), client.execute('stop')];
    expect(await Promise.all(answers.map(troubleOf))).toEqual(['lost', 'lost']);
    await client.closed;
    expect(await troubleOf(client.execute('cont'))).toBe('lost');
  });

  test('a command that is not answered', async () => {
    using folder = temporaryFolder();
    const { client, server } = await greet(join(folder.path, 'q'));
    await using _ = server;
    expect(await troubleOf(client.execute('query-status', undefined, { timeoutMs: 20 }))).toBe(
      'silent',
    );
    client.close();
  });

  test('an abort ends the attempt with its own reason', async () => {
    using folder = temporaryFolder();
    await using server = await serve(join(folder.path, 'q'), () => {});
    const controller = new AbortController();
    const attempt = connectQmp(server.path, { signal: controller.signal });
    const reason = new Error('enough');
    controller.abort(reason);
    await expect(attempt).rejects.toBe(reason);
  });
});
