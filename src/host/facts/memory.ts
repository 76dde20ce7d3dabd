/** MemAvailable and MemTotal of /proc/meminfo in bytes. */
export function parseMeminfo(text: string): { available?: number; total?: number } {
  const bytes = (key: string): number | undefined => {
    const kilobytes = new RegExp(`^${key}:\\s*(\\d+) kB`, 'm').exec(text)?.[1];
    return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
  };
  const available = bytes('MemAvailable');
  const total = bytes('MemTotal');
  return {
    ...(available === undefined ? {} : { available }),
    ...(total === undefined ? {} : { total }),
  };
}

/** `memory.max` and its kin: bytes, or undefined for `max` and for version 1's huge "no limit". */
export function parseLimit(text: string | undefined): number | undefined {
  const word = text?.trim() ?? '';
  if (!/^\d+$/.test(word)) return undefined;
  const bytes = Number(word);
  return bytes >= 2 ** 60 ? undefined : bytes;
}

/** A control group that may limit memory: where its files are, and how they are called. */
export interface MemoryGroup {
  readonly folder: string;
  readonly limitFile: 'memory.max' | 'memory.limit_in_bytes';
  readonly usageFile: 'memory.current' | 'memory.usage_in_bytes';
}

/**
 * The memory groups that this process is in, the innermost first, from
 * /proc/self/cgroup (cgroups(7)). Every one up to the root may hold a limit; in a
 * container the path is that of the host, and only the root is there.
 */
export function memoryGroups(selfCgroup: string): MemoryGroup[] {
  const groups: MemoryGroup[] = [];
  for (const line of selfCgroup.split('\n')) {
    const [, controllers, path = ''] = /^\d+:([^:]*):(\/.*)$/.exec(line.trim()) ?? [];
    if (controllers === '') {
      for (const folder of ancestors('/sys/fs/cgroup', path)) {
        groups.push({ folder, limitFile: 'memory.max', usageFile: 'memory.current' });
      }
    } else if (controllers?.split(',').includes('memory') === true) {
      for (const folder of ancestors('/sys/fs/cgroup/memory', path)) {
        groups.push({
          folder,
          limitFile: 'memory.limit_in_bytes',
          usageFile: 'memory.usage_in_bytes',
        });
      }
    }
  }
  return groups;
}

/** A control group's folder and those above it, the innermost first; in a container only the root is there. */
export function ancestors(root: string, path: string): string[] {
  const parts = path.split('/').filter((part) => part !== '');
  return [
    ...parts.map((_, index) => [root, ...parts.slice(0, parts.length - index)].join('/')),
    root,
  ];
}
