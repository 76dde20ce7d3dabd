import { keepOutput } from '../../system/bounded-output.ts';
import type { LifecycleContext } from '../lifecycle-context.ts';
import { UtopiaError } from '../../errors.ts';
import { shareOptions } from '../../share-options.ts';
import { askAgent, type Agent } from '../../guest/agent.ts';
import type { TakeOutput } from '../../system/take-output.ts';
import { runInGuest, type RunInGuestOptions } from '../../guest/ssh.ts';
import type { GuestAccess } from '../../guest/guest-access.ts';
import { quoteWord } from '../../guest/ssh-argv.ts';
import { CutOff, type CommandOutput, type RunningCommand } from './wait-for-command.ts';
import {
  commandScript,
  groupFile,
  layerScript,
  lowerFolder,
  mountScript,
  packScript,
  type FolderUse,
} from './guest-command.ts';
import { takeInto, takeTwice } from '../../system/take-output.ts';

export interface CommandStreams {
  /** Keep what it prints instead of passing it through. */
  readonly capture: boolean;
  /** Of each output: how many bytes are kept then. */
  readonly maxOutputBytes: number;
  /** Takes what it prints, too. */
  readonly alsoTo?: { readonly stdout: TakeOutput; readonly stderr: TakeOutput };
  /** It reads nothing. */
  readonly noInput: boolean;
}

/** A way to run things in a guest. */
export interface GuestChannel {
  /** Mounts the share at this folder. Throws `guest-refused` in the guest's words. */
  mount(folder: string, use: FolderUse): Promise<void>;
  /** Starts the command there. */
  start(words: readonly string[], folder: string, streams: CommandStreams): RunningCommand;
  /** Runs shell text that reads nothing; gives its status. */
  ask(script: string, signal: AbortSignal): Promise<{ readonly status: number }>;
  /** Gives what is there of these paths below the folder, as a tar archive. */
  pack(
    folder: string,
    paths: readonly string[],
    take: TakeOutput,
    signal: AbortSignal,
  ): Promise<Packed>;
}

/** How the guest's tar ended, and what it said. */
export interface Packed {
  readonly status: number;
  readonly complaint: string;
}

/** Through ssh, for a guest that has just booted. Its signal ends what runs. */
export function sshChannel(access: GuestAccess): GuestChannel {
  return {
    mount: async (folder, use) => {
      const script =
        use === 'private'
          ? `${mountScript(lowerFolder, false)} && ${layerScript(folder)}`
          : mountScript(folder, use === 'write');
      const { status, stderr } = await runInGuest(access, inShell(script), { timeoutMs: 60_000 });
      if (status !== 0) throw cannotMount(stderr);
    },
    ask: async (script, signal) => await runInGuest({ ...access, signal }, inShell(script)),
    pack: async (folder, paths, take, signal) => {
      const script = inShell(packScript(folder, paths));
      const { status, stderr } = await runInGuest({ ...access, signal }, script, {
        take: { stdout: take },
      });
      return { status, complaint: stderr };
    },
    start: (words, folder, streams) => {
      const kept = keepOutputs(streams);
      return {
        ended: runInGuest(access, inShell(commandScript(words, folder)), {
          ...outputsOf(streams, kept.take),
          ...(streams.noInput ? { input: '' } : {}),
        }).then(({ status }) => ({ status, ...kept.output() })),
        signal: async (signal) => {
          const name = signal.replace(/^SIG/, '');
          const group = `-- -$(cat ${groupFile})`;
          const options = { timeoutMs: signalMs };
          const { status } = await runInGuest(access, `kill -${name} ${group}`, options);
          // Ended from outside: the guest did not answer.
          if (status > 128) throw new Error(`kill ended with ${status}`);
        },
      };
    },
  };
}

/** Through the agent of a warm base. */
export function agentChannel(
  { streams: stdio }: Pick<LifecycleContext, 'streams'>,
  agent: Agent,
): GuestChannel {
  const stop = (): void => agent.close();
  return {
    mount: async (folder, use) => {
      const said = keepOutput(complaintBytes);
      const options = { writable: use === 'write', options: shareOptions };
      const lower = use === 'private' ? lowerFolder : folder;
      let status = await agent.mount(lower, options, said.take);
      if (status === 0 && use === 'private') {
        const streams = { stdin: undefined, stdout: said.take, stderr: said.take };
        status = await agent.run(layerScript(folder), streams);
      }
      if (status !== 0) throw cannotMount(said.kept().text);
    },
    ask: async (script, signal) => {
      signal.addEventListener('abort', stop, { once: true });
      try {
        return await askAgent(agent, script);
      } finally {
        signal.removeEventListener('abort', stop);
      }
    },
    pack: async (folder, paths, take, signal) => {
      const said = keepOutput(complaintBytes);
      signal.addEventListener('abort', stop, { once: true });
      try {
        const streams = { stdin: undefined, stdout: take, stderr: said.take };
        const status = await agent.run(packScript(folder, paths), streams);
        return { status, complaint: said.kept().text };
      } finally {
        signal.removeEventListener('abort', stop);
      }
    },
    start: (words, folder, streams) => {
      const kept = keepOutputs(streams);
      // As a pipe would tell it; one that does not care prints into the void.
      const unread = (): void => agent.signal('SIGPIPE');
      const { stdout, stderr } = stdio;
      const passed = alsoTaken(
        { stdout: takeInto(stdout, unread), stderr: takeInto(stderr, unread) },
        streams.alsoTo,
      );
      return {
        ended: agent
          .run(commandScript(words, folder), {
            stdin: streams.noInput ? undefined : stdio.stdin,
            ...(streams.capture ? kept.take : passed),
          })
          .then((status) => ({ status, ...kept.output() }))
          // Cut off: what it has said is worth having.
          .catch((cause: unknown) => Promise.reject(new CutOff(kept.output(), cause))),
        signal: async (name) => agent.signal(name),
        askSilence: () => agent.askSilence(),
      };
    },
  };
}

/** A login under emulation, and a program. */
const signalMs = 30_000;
/** What a guest says of why it cannot do something: the last lines are shown. */
const complaintBytes = 16 * 1024;

/** Keeps both outputs of a command, as far as they are not passed through. */
function keepOutputs({ maxOutputBytes, alsoTo }: CommandStreams): {
  readonly take: Taking;
  readonly output: () => CommandOutput;
} {
  const [stdout, stderr] = [keepOutput(maxOutputBytes), keepOutput(maxOutputBytes)];
  return {
    take: alsoTaken({ stdout: stdout.take, stderr: stderr.take }, alsoTo),
    output: () => ({ stdout: stdout.kept(), stderr: stderr.kept() }),
  };
}

/** The same with each piece given to `alsoTo`, too. */
function alsoTaken(take: Taking, alsoTo: CommandStreams['alsoTo']): Taking {
  if (alsoTo === undefined) return take;
  return {
    stdout: takeTwice(take.stdout, alsoTo.stdout),
    stderr: takeTwice(take.stderr, alsoTo.stderr),
  };
}

/** How ssh's outputs go: kept, or straight through and heard. */
function outputsOf(
  { capture, alsoTo }: CommandStreams,
  take: Taking,
): Pick<RunInGuestOptions, 'stdio' | 'take'> {
  if (capture) return { stdio: 'capture', take };
  return alsoTo === undefined ? { stdio: 'inherit' } : { stdio: 'tee', take: alsoTo };
}

interface Taking {
  readonly stdout: TakeOutput;
  readonly stderr: TakeOutput;
}

/** Whatever shell the account has. */
function inShell(script: string): string {
  return `exec sh -c ${quoteWord(script)}`;
}

function cannotMount(words: string): UtopiaError {
  return new UtopiaError('guest-refused', 'The guest cannot mount this folder.', {
    details: words.trim().split('\n').slice(-5),
    hint: 'Its kernel needs 9p (CONFIG_NET_9P_VIRTIO, CONFIG_9P_FS), and overlayfs for --copy-in.',
  });
}
