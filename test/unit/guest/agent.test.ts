import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough, Readable, type Duplex } from 'node:stream';
import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import { createFrameReader, encodeFrame } from '../../../src/guest/agent-frames.ts';
import { agentProgram } from '../../../src/guest/agent-program.ts';
import { greetAgent, type Agent, type AgentStreams } from '../../../src/guest/agent.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

test('frames come out whole, however they are cut', () => {
  const frames = [encodeFrame('O', 'γεια'), encodeFrame('E'), encodeFrame('I', randomBytes(999))];
  const bytes = Buffer.concat(frames);
  for (const size of [1, 3, 7, 1000, bytes.length]) {
    const read = createFrameReader();
    const found = [];
    for (let at = 0; at < bytes.length; at += size)
      found.push(...read(bytes.subarray(at, at + size)));
    expect(Buffer.concat(found.map(({ type, payload }) => encodeFrame(type, payload)))).toEqual(
      bytes,
    );
  }
  expect(() => createFrameReader()(Buffer.from('SSH-2.0-OpenSSH'))).toThrow(RangeError);
});

async function withAgent(use: (agent: Agent) => Promise<void>): Promise<void> {
  using folder = temporaryFolder();
  const file = join(folder.path, 'agent.pl');
  writeFileSync(file, agentProgram);
  // In the background of a shell, as it is started in a guest: there SIGINT is ignored.
  const child = spawn('sh', ['-c', 'perl "$1" "&3" & wait', 'sh', file], {
    stdio: ['ignore', 'inherit', 'inherit', 'pipe'],
  });
  const ended = once(child, 'exit');
  const { signal } = new AbortController();
  const agent = await greetAgent(child.stdio[3] as Duplex, { signal, timeoutMs: 20_000 });
  try {
    await use(agent);
  } finally {
    agent.close();
    await ended;
  }
}

function streams(
  stdin?: Readable,
): AgentStreams & { readonly out: () => Buffer; readonly err: () => string } {
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  return {
    stdin,
    stdout: (chunk) => void out.push(chunk),
    stderr: (chunk) => void err.push(chunk),
    out: () => Buffer.concat(out),
    err: () => Buffer.concat(err).toString(),
  };
}

// The guest's own program, here with the host's perl and a pair of sockets for its port.
describe.skipIf(spawnSync('perl', ['-e', '1']).status !== 0)('the agent', () => {
  test('runs one command after the other, with status and both outputs', async () => {
    await withAgent(async (agent) => {
      const first = streams();
      expect(await agent.run('echo out; echo err >&2; exit 42', first)).toBe(42);
      expect([first.out().toString(), first.err()]).toEqual(['out\n', 'err\n']);
      expect(await agent.run('kill -SEGV $$', streams())).toBe(139);
      expect(await agent.run('cat', streams())).toBe(0);
    });
  });

  test('passes every byte, both ways at once', async () => {
    const bytes = randomBytes(3 << 20);
    await withAgent(async (agent) => {
      const result = streams(
        Readable.from([bytes.subarray(0, 2_000_001), bytes.subarray(2_000_001)]),
      );
      expect(await agent.run('cat', result)).toBe(0);
      expect(result.out().equals(bytes)).toBe(true);
    });
  });

  test('a signal reaches a command that reads none of its input', async () => {
    await withAgent(async (agent) => {
      const stdin = new PassThrough();
      stdin.write(Buffer.alloc(1 << 20));
      let begun: (() => void) | undefined;
      const running = new Promise<void>((resolve) => (begun = resolve));
      const status = agent.run("trap 'exit 7' INT; echo begun; while :; do sleep 0.1; done", {
        ...streams(stdin),
        stdout: () => begun?.() as undefined,
      });
      await running;
      agent.signal('SIGINT');
      expect(await status).toBe(7);
    });
  });

  test('a command that ends is not waited for by what it leaves in the background', async () => {
    await withAgent(async (agent) => {
      const result = streams();
      expect(await agent.run('sleep 100 & echo $!; exit 3', result)).toBe(3);
      process.kill(Number(result.out().toString()));
    });
  });

  test('writes files with their modes, says what it cannot write, and ends without a trace', async () => {
    using folder = temporaryFolder();
    const path = join(folder.path, 'key');
    const text = `it's\n\\ "γ"\n`;
    writeFileSync(path, 'an older one');
    await withAgent(async (agent) => {
      const files = [
        { path, mode: '0600', text },
        { path: `${path}.pub`, mode: '0644', text: '' },
      ];
      expect(await agent.writeFiles(files, () => undefined)).toBe(0);
      expect(readFileSync(path, 'utf8')).toBe(text);
      expect(statSync(path).mode & 0o777).toBe(0o600);
      expect(readFileSync(`${path}.pub`, 'utf8')).toBe('');
      expect(statSync(`${path}.pub`).mode & 0o777).toBe(0o644);
      let said = '';
      const nowhere = [{ path: join(folder.path, 'none/key'), mode: '0600', text }];
      const complain = (chunk: Buffer): undefined => void (said += chunk.toString());
      expect(await agent.writeFiles(nowhere, complain)).toBe(1);
      expect(said).toMatch(/none\/key: No such file/);
      expect(await agent.finish([path, join(folder.path, 'none')])).toBe(0);
      expect(readdirSync(folder.path)).toEqual(['key.pub']);
      // Its end is heard as the connection's end, or by writing to it.
      await expect(agent.run('true', streams())).rejects.toThrow(/ended|ECONNRESET|EPIPE/);
    });
  });

  test('who waits at a pipe that it holds gets the first file, once the files are there', async () => {
    using folder = temporaryFolder();
    const pipe = join(folder.path, 'pipe');
    execFileSync('mkfifo', [pipe]);
    await withAgent(async (agent) => {
      const reader = execa('cat', [pipe, join(folder.path, 'b')], { stripFinalNewline: false });
      expect(await agent.holdPipe(pipe)).toBe(0);
      const files = ['a', 'b'].map((name) => ({
        ...{ path: join(folder.path, name), mode: '0600' },
        text: `${name}\n`,
      }));
      expect(await agent.writeFiles(files, () => undefined)).toBe(0);
      expect((await reader).stdout).toBe('a\nb\n');
      // It holds it no longer.
      expect(await agent.writeFiles(files, () => undefined)).toBe(0);
    });
  });

  test('whose connection ends rejects what runs', async () => {
    await withAgent(async (agent) => {
      const status = agent.run('read line', streams(new PassThrough()));
      agent.close();
      await expect(status).rejects.toThrow('ended the conversation');
    });
  });
});
