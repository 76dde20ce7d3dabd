import type { LifecycleContext, LifecycleOptions } from '../lifecycle-context.ts';
import { UtopiaError } from '../../errors.ts';
import { isOfHost } from '../../diagnose/of-host.ts';
import type { Dial } from '../../guest/private-connection.ts';
import { formatDuration } from '../../text/format.ts';
import { waitForBoot } from '../watch/wait-for-boot.ts';
import { showBoot } from '../watch/boot-display.ts';
import type { MachineSession } from '../watch/session.ts';

/** A guest without any sign of life for so long does not come up: as long as `up` waits. */
const stallMs = 120_000;
const redrawMs = 200;

/**
 * Waits until the copy's guest answers. On a terminal a single line tells, which
 * is gone afterwards; elsewhere nothing, so that stderr is the command's alone.
 * Throws `boot-failed` with what is known, `qemu-failed` where the guest is not the reason,
 * `guest-exposed`, `interrupted`.
 */
export async function bootCopy(
  context: LifecycleContext,
  globals: LifecycleOptions,
  session: MachineSession,
  { dial, bootTimeoutMs }: { readonly dial: Dial; readonly bootTimeoutMs: number | undefined },
): Promise<void> {
  const { reporter, signal } = context;
  const silent = globals.quiet || globals.json || !(reporter.animated || globals.verbose);
  const display = await reporter.openProgress(silent);
  const showing = globals.verbose
    ? showBoot(session, display, reporter, { verbose: true, resumed: false })
    : showLine(session, (detail) => display.report({ kind: 'moved', title: 'booting', detail }));
  try {
    const end = await waitForBoot(session, dial, { timeoutMs: bootTimeoutMs, stallMs }, signal);
    if (end.kind === 'interrupted') {
      throw new UtopiaError('interrupted', 'Interrupted while the copy was starting.');
    }
    if (end.kind === 'ready') return;
    const { id, what, why, lines } = end.diagnosis;
    throw new UtopiaError(isOfHost(id) ? 'qemu-failed' : 'boot-failed', what, {
      details: [`Why  ${why}`, ...lines.map((line) => `| ${line}`)],
      hint: 'utopia run --verbose shows the console; utopia up starts the machine itself.',
    });
  } finally {
    showing.stop();
    display.close();
  }
}

function showLine(session: MachineSession, show: (detail: string) => void): { stop(): void } {
  const timer = setInterval(() => {
    const { stage } = session.guest;
    show(`${formatDuration(session.elapsedMs())}${stage === undefined ? '' : `, ${stage}`}`);
  }, redrawMs);
  return { stop: () => clearInterval(timer) };
}
