import type { Context } from '../../context.ts';
import { UtopiaError } from '../../errors.ts';
import {
  parseReleasedShares,
  releaseSharesScript,
  wakeScript,
  type ShareMount,
} from '../../guest/share-mounts.ts';
import { readSshBanner } from '../../guest/ssh-banner.ts';
import { runInGuest } from '../../guest/ssh.ts';
import { reachable } from '../../machine/plan.ts';
import type { RunningMachine } from '../../machine/state.ts';
import type { QmpClient } from '../../qmp/client.ts';
import { findBlockers, isShareBlocker } from '../../vmstate/migration.ts';
import type { LocatedMachine } from '../locate.ts';
import { guestAccess } from '../guest-access.ts';
import { forgetReleased, noteReleased } from './released-shares.ts';

/** A login, and a look at every process of the guest, under emulation. */
const guestMs = 60_000;

/**
 * Takes mounted shares away in the guest, since QEMU saves no machine with one.
 * Nothing is asked of a guest that has none. Throws `machine-busy` with the processes that hold
 * one open, and `ssh-unavailable`.
 */
export async function releaseShares(
  context: Context,
  located: LocatedMachine,
  running: RunningMachine,
  qmp: QmpClient,
): Promise<readonly ShareMount[]> {
  const blockers = await findBlockers(qmp);
  if (blockers.length === 0) return [];
  const others = blockers.filter((reason) => !isShareBlocker(reason));
  if (others.length > 0) {
    throw new UtopiaError('qemu-failed', 'This machine cannot be saved while it runs.', {
      details: others,
      hint: 'utopia down, then utopia snapshot save keeps its disk.',
    });
  }
  const access = await guestAccess(context, located, running, 'root');
  const { stdout } = await runInGuest(access, releaseSharesScript, { timeoutMs: guestMs });
  const { mounts, holders } = parseReleasedShares(stdout);
  if (holders.length === 0 && (await findBlockers(qmp)).length === 0) {
    await noteReleased(located.paths, running.qemu, mounts);
    return mounts;
  }
  await wakeGuest(context, located, running, mounts);
  throw new UtopiaError('machine-busy', 'The share is in use in the guest; it must be unmounted.', {
    details:
      holders.length === 0 ? ['Who uses it is not known.'] : holders.map((each) => `by  ${each}`),
    hint: "Leave the share's folder there (cd /), close its files, and try again.",
  });
}

/**
 * Sets the guest's clock after it stood still, and mounts its shares again. Gives
 * what went wrong, as a sentence: a machine that runs on is not to fail for it.
 */
export async function wakeGuest(
  context: Context,
  located: LocatedMachine,
  running: RunningMachine,
  mounts: readonly ShareMount[],
): Promise<string | undefined> {
  try {
    const access = await guestAccess(context, located, running, 'root');
    const { stdout } = await runInGuest(access, wakeScript(mounts), {
      timeoutMs: guestMs,
      answer: () => `${(Date.now() / 1000).toFixed(3)}\n`,
    });
    await forgetReleased(located.paths);
    if (stdout.includes('clock not set')) return "The guest's clock could not be set.";
    if (stdout.includes('not mounted')) return 'The share could not be mounted again in the guest.';
    return undefined;
  } catch (error) {
    context.signal.throwIfAborted();
    const reason = error instanceof Error ? error.message : String(error);
    return `The guest's clock and share are as they were left: ${reason}`;
  }
}

/** As wakeGuest; a guest that boots yet is left alone, since it reads the host's clock itself. */
export async function wakeIfUp(
  context: Context,
  located: LocatedMachine,
  running: RunningMachine,
  mounts: readonly ShareMount[],
): Promise<string | undefined> {
  const { state } = running;
  if (mounts.length === 0 && state !== undefined && state.readyAt === undefined) {
    const { host, port } = state.ssh;
    const asked = { host: reachable(host), port, signal: context.signal };
    if ((await readSshBanner(asked)) === undefined) return undefined;
  }
  return await wakeGuest(context, located, running, mounts);
}
