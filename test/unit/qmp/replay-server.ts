import { readFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';

/** One line of fixtures/qmp/*.jsonl: who said what, when. */
export interface TranscriptLine {
  readonly from: 'qemu' | 'client' | 'exit';
  readonly atMs: number;
  readonly line?: Record<string, unknown>;
}

export function readTranscript(name: string): TranscriptLine[] {
  const path = join(import.meta.dirname, '../../../fixtures/qmp', `${name}.jsonl`);
  return readFileSync(path, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as TranscriptLine);
}

export interface Server extends AsyncDisposable {
  readonly path: string;
}

/** A Unix socket server for one test; every connection of it dies with it. */
export async function serve(path: string, talk: (socket: Socket) => void): Promise<Server> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    talk(socket);
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  return {
    path,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Replays what a real QEMU said: waits for a client's line wherever one was recorded. */
export function replay(transcript: readonly TranscriptLine[]): (socket: Socket) => void {
  return (socket) => {
    const left = [...transcript];
    const proceed = (): void => {
      while (left[0]?.from === 'qemu') socket.write(`${JSON.stringify(left.shift()?.line)}\r\n`);
      if (left[0]?.from === 'exit') socket.end();
    };
    socket.on('data', (chunk) => {
      for (const _ of chunk.toString().trim().split('\n')) {
        if (left[0]?.from === 'client') left.shift();
      }
      proceed();
    });
    proceed();
  };
}
