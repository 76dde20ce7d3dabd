import type { Writable } from 'node:stream';
import type { Context } from '../../context.ts';
import { UtopiaError } from '../../errors.ts';
import type { Agent, TakeOutput } from '../../guest/agent.ts';
import { runInGuest, type GuestAccess } from '../../guest/ssh.ts';
import { quoteWord } from '../../guest/ssh-argv.ts';
import type { RunningCommand } from './attend.ts';
import { commandScript, groupFile, mountScript, shareOptions } from './guest-command.ts';

export interface CommandStreams {
  /** Keep what it prints instead of passing it through. */
  readonly capture: boolean;
  /** It reads nothing. */
  readonly noInput: boolean;
}

/** A way to run things in a guest. */
export interface GuestChannel {
  /** Mounts the share at this folder. Throws `guest-refused` in the guest's words. */
  mount(folder: string, writable: boolean): Promise<void>;
  /** Starts the command there. */
  start(words: readonly string[], folder: string, streams: CommandStreams): RunningCommand;
}

/** Through ssh, for a guest that has just booted. Its signal ends what runs. */
export function sshChannel(access: GuestAccess): GuestChannel {
  return {
    mount: async (folder, writable) => {
      const script = `exec sh -c ${quoteWord(mountScript(folder, writable))}`;
      const { status, stderr } = await runInGuest(access, script, { timeoutMs: 60_000 });
      if (status !== 0) throw cannotMount(stderr);
    },
    start: (words, folder, { capture, noInput }) => ({
      ended: runInGuest(access, `exec sh -c ${quoteWord(commandScript(words, folder))}`, {
        stdio: capture ? 'capture' : 'inherit',
        ...(noInput ? { input: '' } : {}),
      }),
      signal: async (signal) => {
        const name = signal.replace(/^SIG/, '');
        const group = `-- -$(cat ${groupFile})`;
        await runInGuest(access, `kill -${name} ${group}`, { timeoutMs: 30_000 });
      },
    }),
  };
}

/** Through the agent of a warm base. */
export function agentChannel({ terminal }: Context, agent: Agent): GuestChannel {
  return {
    mount: async (folder, writable) => {
      const said = collect();
      const status = await agent.mount(folder, { writable, options: shareOptions }, said.take);
      if (status !== 0) throw cannotMount(said.text());
    },
    start: (words, folder, { capture, noInput }) => {
      const [out, err] = [collect(), collect()];
      const streams = {
        stdin: noInput ? undefined : terminal.stdin,
        stdout: capture ? out.take : writeTo(terminal.stdout),
        stderr: capture ? err.take : writeTo(terminal.stderr),
      };
      const output = () => ({ stdout: out.text(), stderr: err.text() });
      return {
        ended: agent
          .run(commandScript(words, folder), streams)
          .then((status) => ({ status, ...output() }))
          // Cut off: what it has said is worth having.
          .catch((cause: unknown) => Promise.reject(new CutOff(output(), cause))),
        signal: async (name) => agent.signal(name),
      };
    },
  };
}

/** A command whose channel broke, with what came through until then. */
export class CutOff extends Error {
  override readonly name = 'CutOff';
  readonly output: { readonly stdout: string; readonly stderr: string };

  constructor(output: CutOff['output'], cause: unknown) {
    super('The command was cut off.', { cause });
    this.output = output;
  }
}

function cannotMount(words: string): UtopiaError {
  return new UtopiaError('guest-refused', 'The guest cannot mount this folder.', {
    details: words.trim().split('\n').slice(-5),
    hint: 'Its kernel needs 9p: CONFIG_NET_9P_VIRTIO and CONFIG_9P_FS.',
  });
}

function collect(): { readonly take: TakeOutput; readonly text: () => string } {
  const chunks: Buffer[] = [];
  return {
    take: (chunk) => void chunks.push(chunk),
    text: () => Buffer.concat(chunks).toString(),
  };
}

/** A slow reader of our output slows the guest's command, and not our memory. */
function writeTo(stream: Writable): TakeOutput {
  return (chunk) => {
    if (stream.write(chunk)) return undefined;
    return new Promise((resolve) => {
      stream
        .once('drain', resolve)
        .once('close', resolve)
        .once('error', () => resolve());
    });
  };
}
