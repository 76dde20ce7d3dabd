import { UtopiaError } from '../../errors.ts';
import { runInGuest } from '../../guest/ssh.ts';
import type { MachineState } from '../../machine/state.ts';
import type { LifecycleContext } from '../context.ts';
import type { LocatedMachine } from '../launch/locate.ts';
import { guestAccess } from '../watch/guest-access.ts';
import type { AttachedDisk } from './attached.ts';
import { mountPoint, mountScript, readMounting, type Mounting } from './mount-script.ts';

/** A login and a mount under emulation, on a busy host. */
const mountMs = 180_000;
/** e2fsck reads every inode of a disk of some gigabytes, under emulation. */
const checkMs = 3_600_000;

/** Mounts the attached disk in the fresh guest; with `check` after e2fsck has mended it. */
export async function mountBroken(
  context: LifecycleContext,
  located: LocatedMachine,
  state: MachineState,
  { device }: AttachedDisk,
  check: boolean,
): Promise<Mounting> {
  const access = await guestAccess(context, located, { qemu: state.qemu, state }, 'root');
  const timeoutMs = check ? checkMs : mountMs;
  const result = await runInGuest(access, mountScript(device, check), { timeoutMs });
  const found = readMounting(result.stdout);
  if (found !== undefined) return found;
  throw new UtopiaError('guest-lost', `The fresh guest did not mount ${device}.`, {
    details: result.stderr.trim().split('\n').slice(-5),
    hint: `utopia ssh, then: mount ${device} ${mountPoint}`,
  });
}
