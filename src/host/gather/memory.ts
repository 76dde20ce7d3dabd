import { memoryGroups, parseLimit, parseMeminfo } from '../facts/memory.ts';
import type { MemoryFacts } from '../facts/machine-facts.ts';

/** What is available to this process: the host's memory, or the room under a control group's limit. */
export async function gatherMemory(
  read: (path: string) => Promise<string | undefined>,
): Promise<MemoryFacts | undefined> {
  const { available, total } = parseMeminfo((await read('/proc/meminfo')) ?? '');
  if (available === undefined) return undefined;
  let tightest = available;
  let limitedBy: MemoryFacts['limitedBy'];
  // A tree without /proc/self/cgroup may still have the limit at its root.
  const selfCgroup = (await read('/proc/self/cgroup')) ?? '0::/';
  for (const { folder, limitFile, usageFile } of memoryGroups(selfCgroup)) {
    const path = `${folder}/${limitFile}`;
    const stat = (await read(`${folder}/memory.stat`)) ?? '';
    const own = parseLimit(await read(path));
    // A group that is not seen in here, such as a pod's, may set a tighter one (version 1).
    const inherited = parseLimit(/^hierarchical_memory_limit (\d+)$/m.exec(stat)?.[1]);
    const limit = Math.min(own ?? Infinity, inherited ?? Infinity);
    if (limit === Infinity) continue;
    const used = parseLimit(await read(`${folder}/${usageFile}`)) ?? 0;
    // Cached file pages count as used, but give way when memory is wanted.
    const inactive = /^(?:total_)?inactive_file (\d+)$/m.exec(stat);
    const room = Math.max(0, limit - used + Number(inactive?.[1] ?? 0));
    if (Math.min(room, limit) >= tightest) continue;
    tightest = Math.min(room, limit);
    limitedBy = {
      path: limit === own ? path : `${folder}/memory.stat`,
      bytes: limit,
    };
  }
  return { totalBytes: total, availableBytes: tightest, limitedBy };
}
