import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { readSshBanner } from '../../guest/ssh-banner.ts';
import type { MachinePaths } from '../../machine/paths.ts';
import { reachable } from '../../machine/plan.ts';
import { isSshOpen, type RunningMachine } from '../../machine/state.ts';
import type { QmpClient } from '../../qmp/client.ts';
import {
  isHalted,
  isStopped,
  judgeProcessors,
  mayBeStuck,
  type Look,
  type ProcessorState,
} from '../../qmp/processor-states.ts';
import { queryProcessors, queryProcessorThreads } from '../../qmp/processors.ts';
import { queryStatus } from '../../qmp/queries.ts';
import type { ConsoleSign } from './console-signs.ts';
import { noteAlive, readSigns } from './guest-signs.ts';

/** How a guest was found whose QEMU runs. */
export type GuestState =
  | { readonly kind: 'well' }
  /** Its processors have stopped for good, as after `halt`. */
  | { readonly kind: 'halted' }
  /** `words` are the kernel's; undefined where only QEMU tells of it. */
  | { readonly kind: 'panicked'; readonly words: string | undefined }
  /** A processor does not come back from where it is. */
  | { readonly kind: 'locked-up'; readonly words: string };

/** A guest that is not `well`. */
export type LostGuestState = Exclude<GuestState, { readonly kind: 'well' }>;

/** What is looked at. */
export interface GuestToLookAt {
  readonly running: RunningMachine;
  readonly paths: Pick<MachinePaths, 'consoleLog' | 'firmwareLog' | 'aliveFile'>;
  /** QEMU's panic device was heard in this boot: then no processor need prove it. */
  readonly panicHeard?: boolean;
  /**
   * It is to shut down, which one that hangs does not, although its other processors may answer SSH.
   * Else such a guest is well: one can still work in it.
   */
  readonly toBeStopped?: boolean;
}

/** Between two looks at the processors. A halt outlasts it, an interrupt handler does not. */
const betweenLooksMs = 70;
/** Looks at a guest that a busy host lets run only now and then. */
const mostLooks = 60;
/** Processor time in one place of the kernel, without a program or a pause, after which that counts as stuck. */
const provenMs = 300;
/** A guest that lives has this long to greet while its processors are looked at. */
const bannerMs = 700;

const well: GuestState = { kind: 'well' };

/**
 * How the guest of a running QEMU fares. A healthy one costs two short requests; one whose console
 * tells of a panic or a lock-up since it was last seen alive costs half a second in which its
 * processors and its SSH are asked. What the console says alone is never believed. Throws
 * what the monitor throws.
 */
export async function lookAtGuest(client: QmpClient, guest: GuestToLookAt): Promise<GuestState> {
  const { status, running } = await queryStatus(client);
  if (status === 'guest-panicked') {
    return { kind: 'panicked', words: await panicWords(guest) };
  }
  // A guest that powered off under a QEMU that was told to stay: it is as off as a halted one.
  if (status === 'shutdown') return { kind: 'halted' };
  if (!running) return well;
  if (await hasHalted(client)) return { kind: 'halted' };
  const { sign, bytes } = await readSigns(guest.paths, guest.running.qemu);
  if (guest.panicHeard === true) return { kind: 'panicked', words: wordsOf(sign) };
  if (sign === undefined) return well;
  const [states, greets] = await Promise.all([sampleProcessors(client, guest), answers(guest)]);
  const found = judge(sign, states);
  // One whose other processors answer may still hang: the next look asks it again.
  if (greets && !states.includes('stuck')) {
    await noteAlive(guest.paths, guest.running.qemu, bytes);
  }
  const hangsAllTheSame = found.kind === 'locked-up' && guest.toBeStopped === true;
  return greets && !hangsAllTheSame ? well : found;
}

/** Whether every processor has stopped for good, seen twice. */
export async function hasHalted(client: QmpClient): Promise<boolean> {
  if (!isHalted([{ processors: await queryProcessors(client) }])) return false;
  await sleep(betweenLooksMs);
  return isHalted([{ processors: await queryProcessors(client) }]);
}

/** The guest's state by what its console says and its processors do. Pure. */
export function judge(sign: ConsoleSign, states: readonly ProcessorState[]): GuestState {
  if (!states.includes('stuck')) return well;
  // A panic stops every processor but the one that had it, and that loops.
  if (sign.kind === 'panic') {
    return states.includes('working') ? well : { kind: 'panicked', words: sign.words };
  }
  return { kind: 'locked-up', words: sign.words };
}

/** Looks until it is clear whether a processor is stuck: for a guest that works, at the first sign of that. */
async function sampleProcessors(
  client: QmpClient,
  { running }: GuestToLookAt,
): Promise<readonly ProcessorState[]> {
  const threads = await queryProcessorThreads(client);
  const looks: Look[] = [];
  for (let count = 0; count < mostLooks; count += 1) {
    if (count > 0) await sleep(betweenLooksMs);
    const processors = await queryProcessors(client);
    looks.push({ processors, usedMs: await usedByThreads(running.qemu.pid, threads) });
    const states = judgeProcessors(looks, provenMs);
    const open = states.some((state, index) => {
      const seen = looks.flatMap((look) => look.processors[index] ?? []);
      return state === 'working' && !seen.every(isStopped) && mayBeStuck(seen);
    });
    if (!open) return states;
  }
  return judgeProcessors(looks, provenMs);
}

/** Processor time of QEMU's threads, in ms (utime and stime of proc(5), in 1/100 s); 0 for one that is gone. */
async function usedByThreads(pid: number, threads: readonly number[]): Promise<number[]> {
  return await Promise.all(
    threads.map(async (thread) => {
      const stat = await readFile(`/proc/${pid}/task/${thread}/stat`, 'utf8').catch(() => '');
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      return (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) * 10;
    }),
  );
}

/** Whether SSH greets. A guest that no port leads to is judged by its processors alone. */
async function answers({ running: { state } }: GuestToLookAt): Promise<boolean> {
  if (state === undefined || !isSshOpen(state)) return false;
  const { host, port } = state.ssh;
  const banner = await readSshBanner({ host: reachable(host), port, timeoutMs: bannerMs });
  return banner !== undefined;
}

async function panicWords({ paths, running }: GuestToLookAt): Promise<string | undefined> {
  return wordsOf((await readSigns(paths, running.qemu)).sign);
}

function wordsOf(sign: ConsoleSign | undefined): string | undefined {
  return sign?.kind === 'panic' ? sign.words : undefined;
}
