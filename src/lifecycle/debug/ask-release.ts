import { runInGuest } from '../../guest/ssh.ts';
import type { RunningMachine } from '../../machine/state.ts';
import { queryStatus } from '../../qmp/queries.ts';
import type { LifecycleContext } from '../context.ts';
import { openBootDisk } from '../launch/boot-disk.ts';
import type { LocatedMachine } from '../launch/locate.ts';
import { withMonitor } from '../launch/monitor.ts';
import { requireBackingFile } from '../launch/prepare.ts';
import { guestAccess } from '../watch/guest-access.ts';

/**
 * The release of the kernel that the machine's own disk has booted, by the guest's word; of a guest
 * that has not run yet, the one that the image's boot loader takes. Empty where neither tells.
 */
export async function askRelease(
  context: LifecycleContext,
  located: LocatedMachine,
  running: RunningMachine,
): Promise<string> {
  const { status } = await withMonitor(context, located, running, queryStatus);
  if (status === 'prelaunch') {
    await using disk = await openBootDisk(await requireBackingFile(context, located), undefined);
    return disk.choices.find(({ isUsual }) => isUsual)?.version ?? disk.choices[0]?.version ?? '';
  }
  const access = await guestAccess(context, located, running, 'root');
  return (await runInGuest(access, 'uname -r')).stdout.trim();
}
