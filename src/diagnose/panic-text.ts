import { findLine, guestLines, linesFrom } from './text.ts';
import type { Evidence } from './types.ts';

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

/** How one gets back to a kernel that worked: QEMU's own -kernel has no boot loader before it. */
export const oldKernel = ({ ownKernel, directKernel }: Evidence): string =>
  directKernel !== undefined
    ? "Start without --kernel (utopia up) to have the disk's own kernel"
    : ownKernel === true
      ? 'Start without your own -kernel (utopia up) to have the kernel of the image'
      : 'Choose the old kernel in the grub menu (utopia vnc)';

/** The lines from the panic's first on. */
export const panicEvidence = (evidence: Evidence): readonly string[] =>
  linesFrom(guestLines(evidence), /Kernel panic - not syncing: [^\]]*$/);
