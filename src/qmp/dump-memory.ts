import type { QmpClient } from './client.ts';

/** `elf`: all of memory as it lies there; `kdump`: its pages packed by zlib, as makedumpfile writes them. */
export type DumpFormat = 'elf' | 'kdump';

/** How the dump of a machine stands (`query-dump`); the last one's end is remembered. */
export interface DumpState {
  readonly status: 'none' | 'active' | 'completed' | 'failed';
}

const formats = { elf: 'elf', kdump: 'kdump-zlib' } satisfies Record<DumpFormat, string>;

/**
 * Has QEMU write the guest's memory to a path, from one end to the other, and comes back when it
 * has begun. The guest stands still meanwhile; then it is in the state that it was in.
 */
export async function startDump(
  client: QmpClient,
  path: string,
  format: DumpFormat,
): Promise<void> {
  await client.execute('dump-guest-memory', {
    paging: false,
    protocol: `file:${path}`,
    detach: true,
    format: formats[format],
  });
}

export async function queryDump(client: QmpClient): Promise<DumpState> {
  return await client.execute<DumpState>('query-dump');
}
