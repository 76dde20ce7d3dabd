import { homeFolder } from '../../system/places.ts';
import { shortenPath } from '../../text/shorten-path.ts';
import type { LifecycleContext } from '../lifecycle-context.ts';
import { commandFor, type Job } from './items.ts';
import type { RunOptions } from './run-options.ts';

/** The runs of --each, --commands or several kernels; undefined for a single one. Throws `usage`. */
export async function findJobs(
  context: LifecycleContext,
  { each, words, commands, kernels }: RunOptions,
): Promise<readonly Job[] | undefined> {
  if (commands !== undefined) {
    const { readCommands } = await import('./command-list.ts');
    return await readCommands(context, commands);
  }
  if (kernels.length > 1) {
    const home = homeFolder(context.env);
    const nameKernel = (kernel: string): string => shortenPath(kernel, context.cwd, home);
    return kernels.map((kernel) => ({ item: nameKernel(kernel), words, kernel }));
  }
  return each.length === 0
    ? undefined
    : each.map((item) => ({ item, words: commandFor(words, item) }));
}
