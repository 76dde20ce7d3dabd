import type { Terminal } from './terminal.ts';

/** What --copy-out brought back of a copy, as far as it is not all. */
interface NotCopied {
  /** Paths that are not there, or of a command that had no end. */
  readonly notCopied: readonly string[];
  /** What was left there: links that lead out, devices. */
  readonly leftOut: readonly { readonly path: string; readonly why: string }[];
  readonly outcome: string;
}

/** A line for each path of --copy-out that was not brought back, for stderr. */
export function describeNotCopied(
  { notCopied, leftOut, outcome }: NotCopied,
  { errColor, symbols }: Pick<Terminal, 'errColor' | 'symbols'>,
): string[] {
  const mark = errColor.yellow(symbols.warn);
  const left = leftOut.map(({ path, why }) => `${mark} ${path} was left out: ${why}`);
  // The message says why.
  if (outcome === 'not-copied') return left;
  const why =
    outcome === 'exited' ? 'is not there in the copy' : 'was not copied: the command had no end';
  return [...left, ...notCopied.map((path) => `${mark} ${path} ${why}`)];
}
