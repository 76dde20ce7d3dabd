import { findLine, guestLines, linesFrom } from './rule-text.ts';
import type { Evidence } from './diagnosis.ts';

const panicLine = /Kernel panic - not syncing: ((?:[^\]]|\](?!---))*)/;

/** The panic's reason as the console (or the screen) has it. */
export function panicReason(evidence: Evidence): string | undefined {
  return findLine(guestLines(evidence), panicLine)?.[1]?.trimEnd();
}

/** The panic's reason where it matches. */
export function panicWith(pattern: RegExp, evidence: Evidence): string | undefined {
  const reason = panicReason(evidence);
  return reason !== undefined && pattern.test(reason) ? reason : undefined;
}

/** arch/x86/kernel/apic/io_apic.c, check_timer(): the clock of the host, not the guest's code, is the cause. */
export function isLateTimer(reason: string | undefined): boolean {
  return reason !== undefined && /IO-APIC \+ timer doesn't work/.test(reason);
}

/** One holds the other, however they are spaced: `kernel panic: X` beside `X`. */
export function saysTheSame(reason: string, crash: string): boolean {
  const [one, other] = [squeeze(reason), squeeze(crash)];
  return one.includes(other) || other.includes(one);
}

function squeeze(text: string): string {
  return text.split(/\s+/).join(' ');
}

/** How one gets back to a kernel that worked; a sentence may go on behind it. */
export function oldKernel({ ownKernel, directKernel, rescued }: Evidence): string {
  if (rescued === true) return fromOutside;
  if (directKernel !== undefined) {
    return "Start without --kernel (utopia up) to have the disk's own kernel";
  }
  return ownKernel === true
    ? 'Start without your own -kernel (utopia up) to have the kernel of the image'
    : "Boot an older kernel of its disk (utopia up --boot-entry previous) or its image's (utopia rescue)";
}

/** What tells of a kernel that was booted directly why it does not come up; undefined for others. */
export function checkOf({ directKernel }: Evidence): string | undefined {
  return (
    directKernel &&
    `utopia kernel check ${directKernel} names the options that it lacks. Without --kernel, utopia up boots the disk's own kernel.`
  );
}

/** For a machine that no kernel would help. */
export const fromOutside = 'Look at its disk from a fresh machine (utopia rescue --attach)';

/** The lines from the panic's first on. */
export const panicEvidence = (evidence: Evidence): readonly string[] =>
  linesFrom(guestLines(evidence), /Kernel panic - not syncing: [^\]]*$/);
