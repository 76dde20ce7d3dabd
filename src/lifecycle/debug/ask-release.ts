import { UtopiaError } from '../../errors.ts';
import { runInGuest } from '../../guest/ssh.ts';
import type { RunningMachine } from '../../machine/state.ts';
import { queryStatus } from '../../qmp/queries.ts';
import type { LifecycleContext } from '../lifecycle-context.ts';
import { openBootDisk } from '../launch/boot-disk.ts';
import type { LocatedMachine } from '../launch/locate.ts';
import { withMonitor } from '../launch/monitor.ts';
import { requireBackingFile } from '../launch/prepare.ts';
import { guestAccess } from '../watch/find-guest.ts';
import { readLog } from '../watch/read-crash-logs.ts';

/**
 * The release of the kernel that the machine's own disk has booted: by the guest's word; of one that
 * stands still or does not answer, by the report of its last crash, else the one that the image's
 * boot loader takes. Empty where none of them tells.
 */
export async function askRelease(
  context: LifecycleContext,
  located: LocatedMachine,
  running: RunningMachine,
): Promise<string> {
  const { status } = await withMonitor(context, located, running, queryStatus);
  if (status === 'running') {
    try {
      const access = await guestAccess(context, located, running, 'root');
      return (await runInGuest(access, 'uname -r')).stdout.trim();
    } catch (error) {
      context.signal.throwIfAborted();
      const reported = await releaseOfCrash(context, running);
      if (!(error instanceof UtopiaError) || reported === undefined) throw error;
      return reported;
    }
  }
  const reported = status === 'prelaunch' ? undefined : await releaseOfCrash(context, running);
  return reported ?? (await releaseOnDisk(context, located));
}

async function releaseOfCrash(
  { signal }: LifecycleContext,
  { state }: RunningMachine,
): Promise<string | undefined> {
  if (state === undefined) return undefined;
  const log = await readLog(state.plan.files.consoleLog, 1, signal).catch(() => undefined);
  return log?.crashes.at(-1)?.release;
}

async function releaseOnDisk(context: LifecycleContext, located: LocatedMachine): Promise<string> {
  await using disk = await openBootDisk(await requireBackingFile(context, located), undefined);
  return disk.choices.find(({ isUsual }) => isUsual)?.version ?? disk.choices[0]?.version ?? '';
}
