import { dirname } from 'node:path';
import type { HostIdleness } from '../idle.ts';
import { countProcessors, isOnBattery, parseLoad, type PowerSupply } from '../facts/idle-facts.ts';
import type { HostSource } from '../source/host-source.ts';
import { gatherMemory } from './memory.ts';

const suppliesFolder = '/sys/class/power_supply';

/** Looks what the host has to spare; `folder` (absolute, perhaps still to be made) is where files would be written. */
export async function gatherIdleness(
  source: Pick<HostSource, 'readText' | 'list' | 'space'>,
  folder: string,
): Promise<HostIdleness> {
  const [load, stat, memory, supplies, freeDiskBytes] = await Promise.all([
    source.readText('/proc/loadavg'),
    source.readText('/proc/stat'),
    gatherMemory(async (path) => await source.readText(path)),
    gatherSupplies(source),
    roomFor(source, folder),
  ]);
  return {
    load: parseLoad(load ?? ''),
    processors: countProcessors(stat ?? ''),
    freeMemoryBytes: memory?.availableBytes,
    freeDiskBytes,
    onBattery: isOnBattery(supplies),
  };
}

async function gatherSupplies(
  source: Pick<HostSource, 'readText' | 'list'>,
): Promise<readonly PowerSupply[]> {
  const names = await source.list(suppliesFolder);
  return await Promise.all(
    names.map(async (name) => {
      const read = async (file: string): Promise<string | undefined> =>
        (await source.readText(`${suppliesFolder}/${name}/${file}`))?.trim();
      const [type, online, status, scope] = await Promise.all(
        ['type', 'online', 'status', 'scope'].map(read),
      );
      return { type, online, status, scope };
    }),
  );
}

/** Of the nearest folder above that is there. */
async function roomFor(
  source: Pick<HostSource, 'space'>,
  folder: string,
): Promise<number | undefined> {
  for (let at = folder; ; at = dirname(at)) {
    const space = await source.space(at);
    if (space !== undefined) return space.availableBytes;
    if (at === dirname(at)) return undefined;
  }
}
