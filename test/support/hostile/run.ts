import { Worker } from 'node:worker_threads';
import { buildProgram } from '../program.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import type { WorkerTask, WorkerWord } from './worker.ts';

/** A case that threw, ran longer than its limit, or ended its worker. */
export interface HostileFailure {
  readonly index: number;
  readonly why: string;
}

export interface HostileRun {
  readonly id: string;
  readonly seed: number;
  readonly from?: number;
  readonly cases: number;
  /** For one case. It is watched from another thread, so that a loop without an end is seen. */
  readonly limitMs: number;
  /** Stops after so many failures. */
  readonly mostFailures?: number;
}

/** Memory of a worker's heap: what a reader of foreign bytes may take at most. */
const heapMiB = 512;

/** Runs cases of a target in a thread of their own; gives those that failed. */
export async function runHostile(run: HostileRun): Promise<HostileFailure[]> {
  const { id, seed, from = 0, cases, limitMs, mostFailures = 5 } = run;
  using folder = temporaryFolder();
  const script = buildProgram(folder.path, "import './test/support/hostile/worker.ts';");
  const failures: HostileFailure[] = [];
  let next = from;
  while (next < from + cases && failures.length < mostFailures) {
    const progress = new SharedArrayBuffer(4);
    const task = { id, seed, from: next, to: from + cases, folder: folder.path, progress };
    const stopped = await runWorker(script, task, limitMs, failures);
    if (stopped === undefined) break;
    failures.push(stopped);
    next = stopped.index + 1;
  }
  return failures;
}

/** Runs cases until all are done, or one has hung or ended the worker: that one is given. */
async function runWorker(
  script: string,
  task: WorkerTask,
  limitMs: number,
  failures: HostileFailure[],
): Promise<HostileFailure | undefined> {
  const current = new Int32Array(task.progress);
  current[0] = task.from;
  const worker = new Worker(script, {
    workerData: task,
    resourceLimits: { maxOldGenerationSizeMb: heapMiB },
  });
  let seen = -1;
  let since = performance.now();
  return await new Promise((resolve) => {
    const end = (failure: HostileFailure | undefined): void => {
      clearInterval(watch);
      void worker.terminate().then(() => resolve(failure));
    };
    const watch = setInterval(() => {
      const index = Atomics.load(current, 0);
      if (index !== seen) {
        seen = index;
        since = performance.now();
      } else if (performance.now() - since > limitMs) {
        end({ index, why: `ran longer than ${limitMs} ms` });
      }
    }, 50);
    worker.on('message', (word: WorkerWord) => {
      if (word.kind === 'done') end(undefined);
      else failures.push({ index: word.index, why: word.why });
    });
    worker.on('error', (error) => {
      end({ index: Atomics.load(current, 0), why: `ended the thread: ${String(error)}` });
    });
  });
}
