import type { QmpClient } from './client.ts';
import { QmpError } from './qmp-errors.ts';

/** QEMU's run states that matter here; QEMU has more (`RunState` in its schema). */
export type RunState =
  | 'running'
  | 'paused'
  | 'prelaunch'
  | 'inmigrate'
  | 'postmigrate'
  | 'io-error'
  | 'guest-panicked'
  | 'shutdown'
  | 'internal-error'
  | 'suspended'
  | (string & {});

export interface MachineStatus {
  readonly status: RunState;
  readonly running: boolean;
}

/** What a machine's disks have moved since its start, summed over all of them. */
export interface BlockProgress {
  readonly bytesRead: number;
  readonly bytesWritten: number;
  /** Finished reads and writes. */
  readonly operations: number;
}

/** Whether the machine runs, and if not, why it stands still. */
export async function queryStatus(
  client: QmpClient,
  options?: { readonly timeoutMs?: number },
): Promise<MachineStatus> {
  const { status, running } = await client.execute<MachineStatus>(
    'query-status',
    undefined,
    options,
  );
  return { status, running };
}

interface BlockStats {
  readonly stats: {
    readonly rd_bytes: number;
    readonly wr_bytes: number;
    readonly rd_operations: number;
    readonly wr_operations: number;
  };
}

/** Read and write counters: they move while a guest boots, even when its console is silent. */
export async function queryBlockStats(client: QmpClient): Promise<BlockProgress> {
  const devices = await client.execute<readonly BlockStats[]>('query-blockstats');
  let progress: BlockProgress = { bytesRead: 0, bytesWritten: 0, operations: 0 };
  for (const { stats } of devices) {
    progress = {
      bytesRead: progress.bytesRead + stats.rd_bytes,
      bytesWritten: progress.bytesWritten + stats.wr_bytes,
      operations: progress.operations + stats.rd_operations + stats.wr_operations,
    };
  }
  return progress;
}

interface BlockInfo {
  readonly device?: string;
  readonly qdev?: string;
  readonly 'io-status'?: 'ok' | 'failed' | 'nospace';
}

/** Whether a disk of the machine stands still because the host's disk is full. */
export async function queryDiskFull(client: QmpClient): Promise<boolean> {
  const devices = await client.execute<readonly BlockInfo[]>('query-block');
  return devices.some((device) => device['io-status'] === 'nospace');
}

/** A character device; QEMU writes `disconnected:` before the name of one that nobody is at. */
interface CharacterDevice {
  readonly label: string;
  readonly filename: string;
}

export async function queryCharacterDevices(
  client: QmpClient,
): Promise<readonly CharacterDevice[]> {
  return await client.execute<readonly CharacterDevice[]>('query-chardev');
}

/**
 * Whether somebody is connected to the serial console's socket (`console0` of
 * machine/argv.ts), which serves one client.
 */
export async function queryConsoleTaken(client: QmpClient): Promise<boolean> {
  const devices = await queryCharacterDevices(client);
  const console = devices.find(({ label }) => label === 'console0');
  return console !== undefined && !console.filename.startsWith('disconnected:');
}

/** Runs a command of QEMU's human monitor and gives what it prints, empty when it has nothing to say. */
export async function humanMonitor(client: QmpClient, commandLine: string): Promise<string> {
  return client.execute<string>('human-monitor-command', { 'command-line': commandLine });
}

/** Presses the power button: the guest is asked to shut down, and may ignore it. */
export async function powerDown(client: QmpClient): Promise<void> {
  await client.execute('system_powerdown');
}

/** Pulls the plug: QEMU writes back its disk caches and ends. Resolves when the connection has ended. */
export async function quit(client: QmpClient): Promise<void> {
  await client.execute('quit').catch((error: unknown) => {
    // QEMU may be gone before its answer is out; that is what was asked for.
    if (!(error instanceof Error) || !('trouble' in error) || error.trouble !== 'lost') throw error;
  });
  await client.closed;
}

/** Has the guest stand still; what it has written is flushed to the disk. */
export async function stop(client: QmpClient): Promise<void> {
  await client.execute('stop');
}

/** Lets a stopped machine go on: after a full disk has been given room, or a restored state. */
export async function resume(client: QmpClient): Promise<void> {
  await client.execute('cont');
}

/** Resets the machine, as its reset button does: what the guest has not written is lost. */
export async function reset(client: QmpClient): Promise<void> {
  await client.execute('system_reset');
}

/**
 * What QEMU does when the guest powers off: it ends, or stands still as `shutdown`. Gives whether
 * this QEMU can be told (6.0 and later).
 */
export async function setShutdownAction(
  client: QmpClient,
  action: 'poweroff' | 'pause',
): Promise<boolean> {
  return await client.execute('set-action', { shutdown: action }).then(
    () => true,
    (error: unknown) => {
      if (error instanceof QmpError) return false;
      throw error;
    },
  );
}
