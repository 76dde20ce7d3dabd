import { existsSync } from 'node:fs';
import { UtopiaError } from '../../errors.ts';
import { anchorPaths, neededFiles } from '../../machine/relative-paths.ts';
import { quoteForShell } from '../../text/shell-words.ts';
import { shortenPath } from '../../text/shorten-path.ts';
import type { LifecycleContext } from '../lifecycle-context.ts';

/**
 * The arguments for QEMU behind `--`, their relative paths taken from the folder of the user.
 * Throws `usage` for a kernel or a disk that is not there, which QEMU would say of a path in `/`.
 */
export function readOwnArguments(
  { cwd }: Pick<LifecycleContext, 'cwd'>,
  words: readonly string[],
): readonly string[] {
  const anchored = anchorPaths(words, cwd, existsSync);
  for (const { option, path, isDisk } of neededFiles(anchored)) {
    if (existsSync(path)) continue;
    throw new UtopiaError('usage', `${option} names ${path}, which does not exist.`, {
      hint: isDisk
        ? `utopia up --disk ${quoteForShell(shortenPath(path, cwd, cwd))} attaches a disk that is there (docs/devices.md).`
        : `Paths behind -- start at ${cwd}.`,
    });
  }
  return anchored;
}
