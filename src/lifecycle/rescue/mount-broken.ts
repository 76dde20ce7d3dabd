import { UtopiaError } from '../../errors.ts';
import { runInGuest } from '../../guest/ssh.ts';
import type { MachineState } from '../../machine/state.ts';
import type { ProgressDisplay } from '../../progress-events.ts';
import type { LifecycleContext } from '../lifecycle-context.ts';
import type { LocatedMachine } from '../launch/locate.ts';
import { guestAccess } from '../watch/find-guest.ts';
import { forgetEnded, stopRunning, stopStepTexts } from '../watch/stop-escalation.ts';
import type { AttachedDisk } from './attached.ts';
import { mountPoint, mountScript, readMounting, type Mounting } from './rescue-mount-script.ts';

/** A first login and a mount under emulation, on a busy host. */
const mountMs = 600_000;
/** e2fsck reads every inode of a disk of some gigabytes, under emulation. */
const checkMs = 3_600_000;
/** e2fsck is let end before the disk goes. */
const powerDownMs = 30_000;

/**
 * Mounts the attached disk in the fresh guest; with `check` after e2fsck has mended it. Where that
 * cannot be done, or is interrupted, the machine is off again.
 */
export async function mountBroken(...given: Parameters<typeof mountIn>): Promise<Mounting> {
  const [context, { paths }, state, , , { report }] = given;
  try {
    return await mountIn(...given);
  } catch (error) {
    const running = { qemu: state.qemu, state };
    const step = await stopRunning(running, paths, { powerDownMs, hurry: context.urgentSignal });
    report({ kind: 'note', text: `off: ${stopStepTexts[step]}` });
    await forgetEnded(context, paths);
    throw error;
  }
}

async function mountIn(
  context: LifecycleContext,
  located: LocatedMachine,
  state: MachineState,
  { device }: AttachedDisk,
  check: boolean,
  { report }: ProgressDisplay,
): Promise<Mounting> {
  const access = await guestAccess(context, located, { qemu: state.qemu, state }, 'root');
  const timeoutMs = check ? checkMs : mountMs;
  const [title, startedAt] = ['disk', performance.now()];
  report({ kind: 'moved', title, detail: check ? 'e2fsck checks it' : 'is being mounted' });
  const result = await runInGuest(access, mountScript(device, check), { timeoutMs });
  const found = readMounting(result.stdout);
  if (found !== undefined) {
    const detail = found.access === 'none' ? 'cannot be mounted' : mountPoint;
    const kind = found.access === 'none' ? 'warned' : 'finished';
    report({ kind, title, detail, elapsedMs: performance.now() - startedAt });
    return found;
  }
  throw new UtopiaError('guest-lost', `The fresh guest did not mount ${device}.`, {
    details: result.stderr.trim().split('\n').slice(-5),
    hint: `utopia ssh, then: mount ${device} ${mountPoint}`,
  });
}
