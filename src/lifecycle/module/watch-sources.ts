import { watch } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** Saves of the sources in a folder, from the moment on in which they are watched. */
export interface SourceWatch extends Disposable {
  /**
   * Resolves when something was saved since the last call, and nothing is any more; at once where
   * that has happened already. Rejects with the signal's reason.
   */
  readonly next: (signal: AbortSignal) => Promise<void>;
}

/** An editor writes a draft, renames it and sets its mode: all of them are one save. */
const settleMs = 80;

/** Whether a name in a module's folder is one that is edited: what kbuild makes is none. Pure. */
export function isSource(name: string): boolean {
  if (name.startsWith('.') || name.endsWith('.mod.c')) return false;
  return /\.(?:c|h|S|rs)$/.test(name) || /^(?:Kbuild|Makefile|test\.sh)$/.test(name);
}

/** Watches the sources of a folder, not those in folders of it. Throws what the system says. */
export function watchSources(folder: string): SourceWatch {
  let changed = false;
  let tell: (() => void) | undefined;
  const watcher = watch(folder, (_kind, name) => {
    if (name === null || !isSource(name)) return;
    changed = true;
    tell?.();
  });
  // A folder that is removed, or unmounted: there is nothing more to come.
  watcher.on('error', () => {});
  return {
    next: async (signal) => {
      signal.throwIfAborted();
      if (!changed) await waitForCall(signal, (call) => (tell = call));
      while (changed) {
        changed = false;
        await sleep(settleMs, undefined, { signal });
      }
    },
    [Symbol.dispose]: () => watcher.close(),
  };
}

async function waitForCall(signal: AbortSignal, set: (call: () => void) => void): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const stop = (): void => reject(signal.reason as Error);
    signal.addEventListener('abort', stop, { once: true });
    set(() => {
      signal.removeEventListener('abort', stop);
      resolve();
    });
  });
}
