import { ancestors } from '../facts/memory.ts';
import type { CpuQuota } from '../facts/machine-facts.ts';

/**
 * The tightest limit of processor time that a control group of this process sets: cpu.max
 * of version 2 (`50000 100000`: so many microseconds in each such period, or `max`),
 * cpu.cfs_quota_us and cpu.cfs_period_us of version 1 (-1: none). cgroups(7), cgroup-v2.rst.
 */
export async function gatherCpuQuota(
  read: (path: string) => Promise<string | undefined>,
): Promise<CpuQuota | undefined> {
  let tightest: CpuQuota | undefined;
  const take = (path: string, quota: string | undefined, period: string | undefined): void => {
    const processors = Number(quota) / Number(period);
    if (!(processors > 0) || processors >= (tightest?.processors ?? Infinity)) return;
    tightest = { processors, path };
  };
  for (const line of ((await read('/proc/self/cgroup')) ?? '').split('\n')) {
    const [, controllers, own = ''] = /^\d+:([^:]*):(\/.*)$/.exec(line.trim()) ?? [];
    if (controllers === '') {
      for (const folder of ancestors('/sys/fs/cgroup', own)) {
        const [quota, period] = ((await read(`${folder}/cpu.max`)) ?? '').trim().split(/\s+/);
        take(`${folder}/cpu.max`, quota, period);
      }
    } else if (controllers?.split(',').includes('cpu') === true) {
      const roots = ['/sys/fs/cgroup/cpu', `/sys/fs/cgroup/${controllers}`];
      for (const folder of roots.flatMap((root) => ancestors(root, own))) {
        const path = `${folder}/cpu.cfs_quota_us`;
        take(path, await read(path), await read(`${folder}/cpu.cfs_period_us`));
      }
    }
  }
  return tightest;
}
