import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Duplex, PassThrough, Readable } from 'node:stream';
import { execa } from 'execa';
import { describe, expect, test, vi } from 'vitest';
import { createFrameReader, encodeFrame, readNumber } from '../../../src/guest/agent-frames.ts';
import { agentProgram } from '../../../src/guest/agent-program.ts';
import { greetAgent, type Agent, type AgentStreams } from '../../../src/guest/agent.ts';
import { needsOfHost } from '../../support/requirements.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

test('frames come out whole, however they are cut', () => {
  const frames = [encodeFrame('O', 'γεια'), encodeFrame('R'), encodeFrame('T', randomBytes(999))];
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
  // A letter that only the host says, and a length that nobody waits for.
  expect(() => createFrameReader()(encodeFrame('X', 'true'))).toThrow(RangeError);
  expect(() => createFrameReader()(Buffer.from('O\0\u0001\0\u0001'))).toThrow(RangeError);
});

const number = (text: string) => readNumber(Buffer.from(text), 255);

test('a number is decimal and within its bounds, or none', () => {
  expect(['0', '7', '255'].map(number)).toEqual([0, 7, 255]);
  for (const text of [
    '',
    '256',
    '-1',
    '00',
    '+1',
    '1e2',
    '0x10',
    ' 1',
    '1\n',
    'abc',
    '1'.repeat(99),
  ])
    expect(number(text), JSON.stringify(text)).toBeUndefined();
});

/** A guest whose agent says these bytes once it has been told to run something. */
async function withForger(
  answer: (socket: Duplex) => void,
  use: (agent: Agent) => Promise<void>,
): Promise<void> {
  const [ours, theirs] = duplexPair();
  let asked = 0;
  theirs.on('data', (chunk: Buffer) => {
    if (chunk.toString('latin1', 0, 1) === 'H') theirs.write(encodeFrame('R', '1'));
    else if ((asked += 1) === 1) answer(theirs);
  });
  const { signal } = new AbortController();
  const agent = await greetAgent(ours, { signal, timeoutMs: 20_000 });
  try {
    await use(agent);
  } finally {
    agent.close();
    theirs.destroy();
  }
}

const realTime = (): Date => new Date();
/** A look has the test's own time: a busy host starts a process late. */
const patient = { timeout: 50_000 };

test('an agent that is slow at first gets the time of when it takes it, never one of before', async () => {
  const [ours, theirs] = duplexPair();
  let heard = 0;
  let behindMs = Infinity;
  const takeOver = (text: string): void => {
    const [seconds, nanoseconds] = text.split(' ').map(Number);
    behindMs = Date.now() - ((seconds ?? 0) * 1000 + (nanoseconds ?? 0) / 1e6);
    theirs.write(encodeFrame('R', '1'));
  };
  theirs.on('data', (chunk: Buffer) => {
    const words = chunk.toString('latin1', 5);
    heard += 1;
    // Its memory comes from a file yet; then it is awake, and slower than one thinks.
    setTimeout(() => takeOver(words), heard === 1 ? 300 : 60);
  });
  const { signal } = new AbortController();
  const agent = await greetAgent(ours, { signal, timeoutMs: 20_000, now: realTime });
  agent.close();
  theirs.destroy();
  expect(heard).toBeGreaterThan(2);
  expect(behindMs).toBeLessThanOrEqual(0);
});

describe('an agent that is not ours', () => {
  test.each(['', '256', 'abc', '-1', '1e1', '0\n', '٣'])(
    'a status of %j is none',
    async (status) => {
      await withForger(
        (socket) => socket.write(encodeFrame('Q', status)),
        async (agent) => {
          await expect(agent.run('true', streams())).rejects.toThrow('answered nonsense: a status');
        },
      );
    },
  );

  test('nobody listens to it when nobody has asked', async () => {
    const late = [encodeFrame('O', 'late'), encodeFrame('Q', '0'), encodeFrame('R', '1')];
    for (const words of late) {
      await withForger(
        (socket) => socket.write(Buffer.concat([encodeFrame('Q', '3'), words])),
        async (agent) => {
          expect(await agent.run('true', streams())).toBe(3);
          await expect(agent.run('true', streams())).rejects.toThrow('nobody asked for');
        },
      );
    }
  });

  test('it cannot have read more input than there was', async () => {
    for (const stdin of [undefined, Readable.from([Buffer.from('five\n')])]) {
      await withForger(
        (socket) => socket.write(encodeFrame('A', '6')),
        async (agent) => {
          await expect(agent.run('cat', streams(stdin))).rejects.toThrow('input that it was not');
        },
      );
    }
  });

  test('its silence is counted from the moment it owes an answer', async () => {
    await withForger(
      () => {},
      async (agent) => {
        agent.run('true', streams()).catch(() => {});
        // The first look asks; its answer comes, and nothing is owed.
        expect(agent.askSilence()).toBe(0);
        await vi.waitFor(() => expect(agent.askSilence()).toBe(0), patient);
      },
    );
    const [ours, theirs] = duplexPair();
    theirs.once('data', () => theirs.write(encodeFrame('R', '1')));
    const { signal } = new AbortController();
    const agent = await greetAgent(ours, { signal, timeoutMs: 20_000 });
    agent.run('true', streams()).catch(() => {});
    agent.askSilence();
    await vi.waitFor(() => expect(agent.askSilence()).toBeGreaterThan(0), patient);
    agent.close();
  });
});

/** Two ends of one connection (node:stream has it from Node 22 on). */
function duplexPair(): [Duplex, Duplex] {
  const ends: Duplex[] = [];
  for (const other of [1, 0]) {
    const end = new Duplex({
      read: () => {},
      write: (chunk: Buffer, _encoding, done) => {
        ends[other]?.push(chunk);
        done();
      },
      final: (done) => {
        ends[other]?.push(null);
        done();
      },
    });
    ends.push(end);
  }
  return ends as [Duplex, Duplex];
}

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
describe('the agent', () => {
  needsOfHost('perl');
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
