import type { ProgressDisplay } from '../../progress-events.ts';

/**
 * Says at once that Ctrl-C was heard, where it takes some seconds to leave things as they were.
 * Gives the function that ends this.
 */
export function sayInterrupted(
  signal: AbortSignal,
  { report }: ProgressDisplay,
  text: string,
): () => void {
  const say = (): void => report({ kind: 'note', text });
  signal.addEventListener('abort', say, { once: true });
  return () => signal.removeEventListener('abort', say);
}
