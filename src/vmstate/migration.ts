import { setTimeout as sleep } from 'node:timers/promises';
import { UtopiaError } from '../errors.ts';
import type { QmpClient } from '../qmp/client.ts';

/** QEMU's own words for how a migration stands (`MigrationStatus` in its schema); it has more. */
export type MigrationStatus =
  'none' | 'setup' | 'active' | 'device' | 'completed' | 'failed' | 'cancelled' | (string & {});

/** `query-migrate`, as far as utopia reads it. */
export interface MigrationInfo {
  readonly status?: MigrationStatus;
  readonly 'error-desc'?: string;
  /** Since QEMU 6.0: why this machine cannot be saved now. */
  readonly 'blocked-reasons'?: readonly string[];
}

/** Bytes a second, far above what any disk takes: QEMU's default of 128 MiB/s is for networks. */
const unlimitedBandwidth = 64 * 1024 ** 3;

/**
 * Makes QEMU tell by events how a migration goes, and lifts its limit of speed. `apart` leaves memory
 * that lies in a file of its own out of the state (`x-ignore-shared`, since QEMU 4.0).
 */
export async function prepareMigration(qmp: QmpClient, apart = false): Promise<void> {
  await qmp.execute('migrate-set-capabilities', {
    capabilities: [
      { capability: 'events', state: true },
      { capability: 'x-ignore-shared', state: apart },
    ],
  });
  await qmp.execute('migrate-set-parameters', { 'max-bandwidth': unlimitedBandwidth });
}

/** Why the machine cannot be saved now, in QEMU's words; empty when it can, or when QEMU does not tell. */
export async function findBlockers(qmp: QmpClient): Promise<readonly string[]> {
  const info = await qmp.execute<MigrationInfo>('query-migrate');
  return info['blocked-reasons'] ?? [];
}

/** Whether a reason of `findBlockers` is a mounted share (`hw/9pfs/9p.c`). */
export function isShareBlocker(reason: string): boolean {
  return /VirtFS/i.test(reason);
}

/** A migration under way, heard from its first event on. */
export interface MigrationWatch {
  /** Resolves when QEMU says `completed`; rejects with `qemu-failed` in its words. */
  readonly ended: Promise<void>;
  stop(): void;
}

/** Listens for the end of the migration that is about to be started on this connection. */
export function watchMigration(qmp: QmpClient, what: string): MigrationWatch {
  let stop: (() => void) | undefined;
  const ended = new Promise<void>((resolve, reject) => {
    stop = qmp.onEvent(({ name, data }) => {
      if (name !== 'MIGRATION') return;
      if (data['status'] === 'completed') resolve();
      if (data['status'] === 'failed' || data['status'] === 'cancelled') {
        void describeFailure(qmp, what).then(reject);
      }
    });
    void qmp.closed.then(() =>
      reject(
        new UtopiaError('qemu-failed', `QEMU ended while ${what}.`, { hint: 'utopia logs --qemu' }),
      ),
    );
  });
  // Whoever starts the migration may fail before it waits for its end.
  ended.catch(() => {});
  return { ended, stop: () => stop?.() };
}

async function describeFailure(qmp: QmpClient, what: string): Promise<UtopiaError> {
  const info = await qmp.execute<MigrationInfo>('query-migrate').catch((): MigrationInfo => ({}));
  const reason = info['error-desc'] ?? 'QEMU gives no reason';
  return new UtopiaError('qemu-failed', `QEMU failed while ${what}: ${reason}`, {
    hint: 'utopia logs --qemu may say more.',
  });
}

const settleMs = 10_000;
const lookMs = 10;

/**
 * Ends a migration, and waits until QEMU has let go of it: its answer comes while
 * the migration's thread still winds up, and the next one would be refused. Never throws.
 */
export async function cancelMigration(qmp: QmpClient): Promise<void> {
  try {
    await qmp.execute('migrate_cancel');
    const deadline = performance.now() + settleMs;
    while (performance.now() < deadline) {
      const { status = 'none' } = await qmp.execute<MigrationInfo>('query-migrate');
      if (['none', 'completed', 'failed', 'cancelled'].includes(status)) return;
      await sleep(lookMs);
    }
  } catch {
    // It has ended: so has its migration.
  }
}

/** QEMU's versioned name of the machine that runs, as `-machine` takes it: `pc-i440fx-7.2`. */
export async function queryMachineType(qmp: QmpClient): Promise<string> {
  const type = await qmp.execute<string>('qom-get', { path: '/machine', property: 'type' });
  return type.replace(/-machine$/, '');
}
