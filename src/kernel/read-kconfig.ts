import { join, normalize } from 'node:path';
import { readRegularText } from '../system/regular-file.ts';
import { parseKconfig, type KconfigEntry } from './kconfig.ts';

/** Linux 6.1 has 1,400 files that x86 reaches. */
const mostFiles = 20_000;
/** Some files are sourced from two places; one that sources itself ends here. */
const mostVisits = 4;
/** A file of Kconfig has at most 100 KB. */
const mostBytes = 1024 * 1024;

/**
 * All that Kconfig says of these options, as x86 sees it: reads the files that the top one
 * sources, bounded in number and size, and never outside of the tree.
 */
export async function readKconfigEntries(
  tree: string,
  options: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, readonly KconfigEntry[]>> {
  const found = new Map<string, KconfigEntry[]>();
  const waiting = [
    { path: 'Kconfig', depends: [] as readonly string[], menu: [] as readonly string[] },
  ];
  const visits = new Map<string, number>();
  let files = 0;
  for (let each = waiting.pop(); each !== undefined && files < mostFiles; each = waiting.pop()) {
    signal.throwIfAborted();
    files += 1;
    const path = normalize(each.path.replaceAll(/\$\(SRCARCH\)|\$SRCARCH/g, 'x86'));
    if (path.startsWith('..') || path.startsWith('/') || path.includes('$')) continue;
    const seen = visits.get(path) ?? 0;
    visits.set(path, seen + 1);
    if (seen >= mostVisits) continue;
    const text = await readRegularText(join(tree, path), mostBytes).catch(() => undefined);
    if (text === undefined) continue;
    const { entries, sources } = parseKconfig(text, each);
    waiting.push(...sources);
    for (const entry of entries) {
      if (!options.has(entry.option)) continue;
      const known = found.get(entry.option);
      if (known === undefined) found.set(entry.option, [entry]);
      else known.push(entry);
    }
  }
  return found;
}
