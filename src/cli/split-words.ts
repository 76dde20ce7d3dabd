import type { Command } from 'commander';

/**
 * What stands before `--`, a folder or what `things` calls it, and the words behind, which commander
 * takes away.
 */
export function splitWords(
  command: Command,
  things = 'folders',
): {
  readonly folder: string | undefined;
  readonly words: readonly string[];
} {
  let root = command;
  while (root.parent !== null) root = root.parent;
  const { rawArgs = [] } = root as { readonly rawArgs?: readonly string[] };
  const mark = rawArgs.indexOf('--');
  const words = mark === -1 ? [] : rawArgs.slice(mark + 1);
  const before = command.args.slice(0, command.args.length - words.length);
  if (before.length > 1) {
    command.error(
      `error: two ${things}, ${before[0]} and ${before[1]}: what stands behind it comes after --`,
    );
  }
  return { folder: before[0], words };
}
