import { exitStatus } from '../errors.ts';
import { findOperand } from './guest-words.ts';

/**
 * Whether the words are those of a step of `git bisect run`, also misspelt ones: git takes the
 * status of every error of ours up to 127 for the word that the commit is bad. Pure.
 */
export function isBisectStep(words: readonly string[]): boolean {
  const at = findOperand(words, 0);
  if (words[at] !== 'run') return false;
  const end = words.indexOf('--', at);
  // Before a command without -- before it there are options alone.
  const own = words.slice(at + 1, end === -1 ? undefined : end);
  return own.some((word) => word.startsWith('--b'));
}

/** The status of an error for git bisect run: above 127 it ends the bisection, which can go on then. Pure. */
export function statusForGit(status: number): number {
  return status === exitStatus.interrupted || status === exitStatus.ok ? status : 128;
}
