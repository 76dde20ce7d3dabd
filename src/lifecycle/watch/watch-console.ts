import type { WatchLine } from './watch-line.ts';
import { setTimeout as sleep } from 'node:timers/promises';
import { dirname } from 'node:path';
import type { GuestEvent } from '../../guest/events.ts';
import { waitForSshBanner } from '../../guest/ssh-banner.ts';
import { availableBytes, leastFreeBytes } from '../../image/free-space.ts';
import { reachable, type MachinePlan } from '../../machine/plan.ts';
import { resume } from '../../qmp/queries.ts';
import { formatBytes } from '../../text/format.ts';
import { reportCrashes } from './crash-lines.ts';
import type { MachineSession } from './session.ts';

/** Room that must be there before a guest that ran out of it goes on: not just the next block. */
const roomToGoOn = 4 * leastFreeBytes;
const roomLookMs = 1_000;
/** A panic's line follows the panic device's word within a few hundred milliseconds under emulation. */
const consoleDelayMs = 1_000;

/**
 * Says what a running machine does, until its session ends, and brings a guest
 * that stands still on a full disk back once there is room again.
 */
export function watchMachine(
  session: MachineSession,
  plan: Pick<MachinePlan, 'overlay' | 'disks' | 'ssh' | 'onCrash'>,
  say: (line: WatchLine) => void,
): void {
  const { ssh } = plan;
  let waitingForRoom = false;

  async function continueWithRoom(): Promise<void> {
    if (waitingForRoom) return;
    waitingForRoom = true;
    const { folder } = await findTightest(plan);
    say({
      level: 'fail',
      text:
        `the disk of the host is full: QEMU has paused the guest; no data is lost.\n` +
        `Free ${formatBytes(roomToGoOn)} on the file system of ${folder}: it goes on by itself.`,
    });
    while (!session.signal.aborted) {
      await sleep(roomLookMs, undefined, { signal: session.signal }).catch(() => {});
      const monitor = session.monitor();
      if (monitor === undefined || (await findTightest(plan)).bytes < roomToGoOn) continue;
      await resume(monitor);
      say({ level: 'info', text: 'there is room again; the guest goes on' });
      break;
    }
    waitingForRoom = false;
  }

  /** The panic device is heard before the console has told the reason: it gets a moment to. */
  let untoldPanic: NodeJS.Timeout | undefined;

  const crashes = reportCrashes(plan.onCrash?.action);
  const sayLine = (line: WatchLine | undefined): void => {
    if (line !== undefined) say(line);
  };

  session.onEvent((event) => {
    if (event.kind === 'crashed') sayLine(crashes.tell(event.crash));
    if (event.kind === 'panicked') {
      clearTimeout(untoldPanic);
      untoldPanic = setTimeout(() => sayLine(crashes.reportSilentPanic()), consoleDelayMs);
    }
    if (event.kind === 'rebooted') {
      clearTimeout(untoldPanic);
      crashes.startOver();
    }
    if (event.kind === 'disk-full') {
      // A session that ends meanwhile takes the monitor with it.
      continueWithRoom().catch(() => (waitingForRoom = false));
      return;
    }
    sayLine(describeEvent(event));
    if (event.kind === 'rebooted') {
      waitForSshBanner({ host: reachable(ssh.host), port: ssh.port, signal: session.signal })
        .then(() => say({ level: 'info', text: 'SSH answers again' }))
        // The machine ended before it did.
        .catch(() => {});
    }
  });
}

/** Of the folders in which this machine writes to disks, the one with the least room. */
async function findTightest({
  overlay,
  disks,
}: Pick<MachinePlan, 'overlay' | 'disks'>): Promise<{ folder: string; bytes: number }> {
  const written = disks.filter(({ mode }) => mode !== 'ro').map(({ file }) => file);
  const folders = [...new Set([overlay, ...written].map((file) => dirname(file)))];
  const rooms = await Promise.all(
    folders.map(async (folder) => ({ folder, bytes: await availableBytes(folder) })),
  );
  return rooms.reduce((least, room) => (room.bytes < least.bytes ? room : least));
}

/** The line for an event; undefined for those that say nothing new, or are said in another way. Pure. */
export function describeEvent(event: GuestEvent): WatchLine | undefined {
  switch (event.kind) {
    case 'rebooted':
      return { level: 'info', text: event.by === 'guest' ? 'guest rebooted' : 'guest was reset' };
    case 'shutdown':
      return event.by === 'guest' ? { level: 'info', text: 'guest powered off' } : undefined;
    case 'disk-error':
      return {
        level: 'fail',
        text: `disk error on ${event.device}: ${event.reason}${event.stopped ? '; QEMU has paused the guest' : ''}`,
      };
    case 'halted':
      return { level: 'info', text: 'guest halted' };
    case 'stage':
    case 'crashed':
    case 'panicked':
    case 'disk-full':
    case 'power-button':
    case 'agent-left':
    case 'paused':
    case 'resumed':
      return undefined;
    default:
      return event satisfies never;
  }
}
