import { parentPort, workerData } from 'node:worker_threads';
import { randomOf } from './random.ts';
import { hostileTargets } from './targets.ts';

/** What a worker is given. */
export interface WorkerTask {
  readonly id: string;
  readonly seed: number;
  readonly from: number;
  readonly to: number;
  readonly folder: string;
  /** One number: the case that is being run, which the watcher looks at. */
  readonly progress: SharedArrayBuffer;
}

/** What a worker tells: a case that failed, or that it is done. */
export type WorkerWord =
  | { readonly kind: 'failed'; readonly index: number; readonly why: string }
  | { readonly kind: 'done' };

const task = workerData as WorkerTask;
const current = new Int32Array(task.progress);
const told = parentPort;
// eslint-disable-next-line unicorn/require-post-message-target-origin -- a thread's port has none
const tell = (word: WorkerWord): void => told?.postMessage(word);

async function work(): Promise<void> {
  const target = hostileTargets.find(({ id }) => id === task.id);
  if (target === undefined) throw new Error(`no target ${task.id}`);
  for (let index = task.from; index < task.to; index += 1) {
    Atomics.store(current, 0, index);
    try {
      await target.run(target.generate(randomOf(task.seed, index)), task.folder);
    } catch (error) {
      const why = error instanceof Error ? (error.stack ?? error.message) : String(error);
      tell({ kind: 'failed', index, why });
    }
  }
  tell({ kind: 'done' });
}

await work();
