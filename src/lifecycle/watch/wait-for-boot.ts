import { setTimeout as sleep } from 'node:timers/promises';
import { diagnose } from '../../diagnose/diagnose.ts';
import type { Diagnosis, DiagnosisId } from '../../diagnose/diagnosis.ts';
import { UtopiaError } from '../../errors.ts';
import type { Dial } from '../../guest/private-connection.ts';
import { waitForPrivateBanner, waitForSshBanner } from '../../guest/ssh-banner.ts';
import { reachable, type HostAddress } from '../../machine/plan.ts';
import type { MachineSession } from './session.ts';

export interface BootLimits {
  /** The user's --timeout for the whole boot, in ms; undefined waits as long as something moves. */
  readonly timeoutMs: number | undefined;
  /** A guest that shows no sign of life for so long, in ms, is given up on. */
  readonly stallMs: number;
}

/** How a boot ended. A `hopeless` one cannot come up any more; others may still. */
export type BootEnd =
  | { readonly kind: 'ready' }
  | { readonly kind: 'failed'; readonly diagnosis: Diagnosis; readonly hopeless: boolean }
  | { readonly kind: 'interrupted' };

/** What the guest itself says when nothing will come any more; no need to wait for silence. */
const hopelessSigns: ReadonlySet<DiagnosisId> = new Set<DiagnosisId>([
  'no-bootable-disk',
  'loader-stuck',
  'root-missing',
  'init-missing',
  'init-stopped',
  'kernel-panic',
  'initramfs-shell',
]);

/** The console's last words may still be on their way through the log. */
const lastWordsMs = 300;
const tickMs = 250;
/** On a busy host as well. */
const endNoticeMs = 2_000;

/**
 * Waits until SSH answers, or until it is clear that it will not: QEMU's end is
 * looked at first, then what the guest says, then the clock. Nothing is given up
 * while the console or the disks move, unless `timeoutMs` says so. Somebody who asks for
 * the banner already is `heard`.
 */
export async function waitForBoot(
  session: MachineSession,
  way: HostAddress | Dial,
  limits: BootLimits,
  interrupted: AbortSignal,
  heard?: Promise<string>,
): Promise<BootEnd> {
  const end = new AbortController();
  const { signal } = end;

  const banner = async (): Promise<BootEnd> => {
    try {
      const text = await (heard ?? waitForBanner(way, signal));
      session.bannerSeen(text);
      return { kind: 'ready' };
    } catch (error) {
      // A private way breaks off when QEMU ends, and knows less of that than its log.
      if (isExposed(error) || signal.aborted || !(await endsSoon(session))) throw error;
      return await failed(session, true);
    }
  };
  const exit = async (): Promise<BootEnd> => {
    await session.exited;
    return await failed(session, true);
  };
  let unsubscribe: (() => void) | undefined;
  const halt = async (): Promise<BootEnd> => {
    await new Promise<void>((resolve) => {
      unsubscribe = session.onEvent(({ kind }) => kind === 'halted' && resolve());
    });
    return await failed(session, true);
  };
  const watch = async (): Promise<BootEnd> => {
    for (;;) {
      await sleep(tickMs, undefined, { signal });
      const evidence = await session.evidence();
      if (hopelessSigns.has(diagnose(evidence).id)) return await failed(session, true);
      const timedOut = limits.timeoutMs !== undefined && session.elapsedMs() >= limits.timeoutMs;
      if (timedOut) return await failed(session, false, true);
      if (session.silentMs() >= limits.stallMs) return await failed(session, false);
    }
  };
  const interruption = new Promise<BootEnd>((resolve) => {
    const stop = (): void => resolve({ kind: 'interrupted' });
    if (interrupted.aborted) stop();
    interrupted.addEventListener('abort', stop, { once: true, signal });
  });

  try {
    return await Promise.race([exit(), halt(), banner(), watch(), interruption, session.failed]);
  } finally {
    end.abort();
    unsubscribe?.();
  }
}

/** QEMU was ended then, by us. */
function isExposed(error: unknown): boolean {
  return error instanceof UtopiaError && error.code === 'guest-exposed';
}

/** That QEMU has ended may be known a moment later than that its sockets are gone. */
async function endsSoon(session: MachineSession): Promise<boolean> {
  return await Promise.race([
    session.exited.then(() => true),
    sleep(endNoticeMs, false, { ref: false }),
  ]);
}

/** By a port of the host, or by private connections to a guest that has none. */
async function waitForBanner(way: HostAddress | Dial, signal: AbortSignal): Promise<string> {
  if (typeof way === 'function') return await waitForPrivateBanner(way, signal);
  return await waitForSshBanner({ host: reachable(way.host), port: way.port, signal });
}

async function failed(
  session: MachineSession,
  hopeless: boolean,
  timedOut = false,
): Promise<BootEnd> {
  await sleep(lastWordsMs);
  const diagnosis = diagnose({ ...(await session.evidence()), timedOut });
  return { kind: 'failed', diagnosis, hopeless };
}
