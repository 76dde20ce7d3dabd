import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { answersAgent, wakeByAgent } from '../../../../src/lifecycle/saved/wake-by-agent.ts';
import { agentProgram } from '../../../../src/guest/agent-program.ts';
import { needsOfTest } from '../../../support/requirements.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

/** No agent takes over this one: the clock of the host that tests is left alone. */
const now = (): Date => new Date(0);

/** A socket as QEMU has it for the agent's port, with a program behind each connection. */
async function withPort<T>(
  answer: (socket: Socket, folder: string) => void,
  use: (socketPath: string) => Promise<T>,
): Promise<T> {
  using folder = temporaryFolder();
  const socketPath = join(folder.path, 'agent.sock');
  const server = createServer((socket) => answer(socket, folder.path));
  await new Promise<void>((resolve) => server.listen(socketPath, resolve));
  try {
    return await use(socketPath);
  } finally {
    server.close();
  }
}

function runAgent(socket: Socket, folder: string): void {
  const file = join(folder, 'agent.pl');
  writeFileSync(file, agentProgram);
  const agent = spawn('perl', [file, '&3'], { stdio: ['ignore', 'inherit', 'inherit', 'pipe'] });
  const port = agent.stdio[3] as Duplex;
  socket.pipe(port).pipe(socket);
  socket.on('close', () => port.destroy());
}

function hangUp(socket: Socket): void {
  socket.destroy();
}

describe('a guest in which an agent was left', () => {
  const { signal } = new AbortController();

  test('is woken; a share that does not come back is told', async (context) => {
    needsOfTest(context, 'perl');
    await withPort(runAgent, async (socketPath) => {
      expect(await answersAgent({ signal, now }, socketPath)).toBe(true);
      expect(await wakeByAgent({ signal, now }, socketPath, { mounts: [] })).toBe('woken');
      const nowhere = { source: 'shared', target: '/nowhere/at all', options: 'trans=virtio' };
      const mounts = [nowhere];
      expect(await wakeByAgent({ signal, now }, socketPath, { mounts })).toBe('not mounted');
    });
  });

  test('is silent where nobody listens, and where the conversation ends', async () => {
    expect(await wakeByAgent({ signal, now }, '/nowhere/agent.sock', { mounts: [] })).toBe(
      'silent',
    );
    await withPort(hangUp, async (socketPath) => {
      expect(await answersAgent({ signal, now }, socketPath)).toBe(false);
      expect(await wakeByAgent({ signal, now }, socketPath, { mounts: [] })).toBe('silent');
    });
  });

  test('is not waited for after Ctrl-C', async () => {
    const interruption = new AbortController();
    const sockets: Socket[] = [];
    const wait = (socket: Socket): void => {
      sockets.push(socket);
      interruption.abort(new Error('Ctrl-C'));
    };
    await withPort(wait, async (socketPath) => {
      const waking = wakeByAgent({ signal: interruption.signal, now }, socketPath, { mounts: [] });
      await expect(waking).rejects.toThrow('Ctrl-C');
      for (const socket of sockets) socket.destroy();
    });
  });
});
