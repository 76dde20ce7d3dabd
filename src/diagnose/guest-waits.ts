import { findLine } from './rule-text.ts';
import type { Evidence } from './diagnosis.ts';

/**
 * Our images' initramfs looks for the root file system for a minute. Gives the disk that it cannot
 * open. Silence proves nothing before it has lasted as long as the boot until there: a host
 * may be slow.
 */
export function findWaitForRoot(
  lines: readonly string[],
  { silentForMs = 0, elapsedMs }: Pick<Evidence, 'silentForMs' | 'elapsedMs'>,
): string | undefined {
  const waitMs = Math.max(rootWaitMs, elapsedMs - silentForMs);
  const at = lines.findIndex((line) => line.endsWith(': looking for the root file system'));
  if (at === -1 || silentForMs < waitMs) return undefined;
  const missing = findLine(lines.slice(at), /(\/dev\/\S+): Can't open blockdev/)?.[1];
  return missing === undefined ? '' : `: there is no ${missing}`;
}

const rootWaitMs = 10_000;

/** grub's shells wait for ever; its errors are often passing, and some it gets over by itself in 10 s. */
const loaderPromptMs = 2_000;
const loaderErrorMs = 15_000;

export function isLoaderWaiting(lines: readonly string[], silentForMs: number): boolean {
  const last = lines.findLast((line) => line.trim() !== '') ?? '';
  if (/^(?:grub|grub rescue)>/.test(last)) return silentForMs >= loaderPromptMs;
  return silentForMs >= loaderErrorMs && /^error: |Press any key to continue/.test(last);
}
