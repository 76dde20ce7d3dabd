import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { exitStatus } from '../../errors.ts';
import { endWithParentPrefix } from '../../system/end-with-parent.ts';
import { niceSession } from '../../system/niceness.ts';
import { checkJson } from '../../system/json-file.ts';
import { aCount, aFlag, object } from '../../text/shape.ts';
import { workingCommandPrefix } from '../../system/command-prefix.ts';

/** Of nice(1) and ionice(1): what nobody else wants of processors and disks. */
const lowestNiceness = 19;
const idleClass = 3;
/** What a maker has to tidy takes a second; then the kernel ends its QEMU with it. */
const tidyMs = 10_000;

/** How the making of a warm base ended. */
export type MakingEnd =
  | { readonly kind: 'made'; readonly bytes: number }
  /** Somebody else has made it. */
  | { readonly kind: 'there' }
  /** Somebody else is making one. */
  | { readonly kind: 'busy' }
  /** Given up, because it was asked to. */
  | { readonly kind: 'ended' }
  | { readonly kind: 'failed'; readonly status: number | undefined; readonly why: string };

/** A process that makes a warm base. */
export interface WarmChild {
  /** Program and arguments: `utopia image warm --quiet --json`. */
  readonly command: readonly string[];
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
}

/**
 * Words before a command that give it the lowest priority and make it end, tidily, with
 * this process. Undefined where nothing would end it with this process.
 */
export async function findLowPriority(): Promise<readonly string[] | undefined> {
  const [endWithUs, ...rest] = await Promise.all([
    endWithParentPrefix('TERM'),
    workingCommandPrefix(['nice', '-n', String(lowestNiceness)]),
    workingCommandPrefix(['ionice', '-c', String(idleClass)]),
  ]);
  return endWithUs.length === 0 ? undefined : [...endWithUs, ...rest.flat()];
}

/**
 * Makes a warm base in another process, behind the words `low`, and waits for its end;
 * never rejects. When `signal` is aborted, the process is asked to end, and waited for.
 */
export async function makeInChild(
  { command, cwd, env }: WarmChild,
  low: readonly string[],
  signal: AbortSignal,
): Promise<MakingEnd> {
  if (signal.aborted) return { kind: 'ended' };
  const [program = '', ...words] = [...low, ...command];
  // A session of its own: Ctrl-C in the terminal is for us, and we end it, once.
  const child = spawn(program, words, {
    cwd,
    env,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said = Promise.all([text(child.stdout), text(child.stderr)]);
  const exited = once(child, 'exit');
  exited.catch(() => {});
  const stop = (): void => endTidily(child);
  try {
    await once(child, 'spawn');
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
    await niceSession(child.pid ?? 0, lowestNiceness);
    const [[status], [out, err]] = await Promise.all([exited, said]);
    return readEnd(status as number | null, out, err, signal.aborted);
  } catch (error) {
    said.catch(() => {});
    return { kind: 'failed', status: undefined, why: (error as Error).message };
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

function endTidily(child: ChildProcess): void {
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), tidyMs);
  child.once('exit', () => clearTimeout(timer));
}

const madeShape = object({ made: aFlag, bytes: aCount });

/** What a maker's status and words mean. Pure. */
function readEnd(status: number | null, out: string, err: string, givenUp: boolean): MakingEnd {
  if (status === exitStatus.ok) {
    const said = checkJson(out, madeShape);
    if (said.kind !== 'read') {
      return {
        kind: 'failed',
        status: undefined,
        why: `What it said is not understood: ${said.why}`,
      };
    }
    const { made, bytes } = said.value;
    return made ? { kind: 'made', bytes } : { kind: 'there' };
  }
  if (givenUp) return { kind: 'ended' };
  if (status === exitStatus.tryAgain) return { kind: 'busy' };
  // The message, without its mark.
  const why = err.trim().split('\n')[0]?.replace(/^\S+ /, '') || 'It ended without a word.';
  return { kind: 'failed', status: status ?? undefined, why };
}
