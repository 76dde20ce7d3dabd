import { checkOf } from './panic-text.ts';
import { findLine, guestLines, logIn, roughly, tail, type Rule } from './rule-text.ts';
import type { Evidence } from './diagnosis.ts';

/** Why the waiting ended although nothing has failed visibly. The last rule always applies. */
export const waitingRules: readonly Rule[] = [
  {
    id: 'ssh-absent',
    explain: (evidence) => {
      if (evidence.sawLogin !== true) return undefined;
      const sshFailed = guestLines(evidence).filter((line) =>
        /(?:FAILED|Failed to start).{0,200}(?:ssh|Secure Shell)/i.test(line),
      );
      if (sshFailed.length === 0) return undefined;
      const unit = findLine(sshFailed, /\b(sshd?(?:@\S*)?\.(?:service|socket))\b/)?.[1];
      return {
        what: `The guest is up, but its SSH server did not start${unit === undefined ? '' : ` (${unit})`}.`,
        why: 'Its own message is below; often its host keys or its configuration.',
        next: `${logIn}: journalctl -u ssh`,
        lines: sshFailed,
      };
    },
  },
  {
    id: 'network-dead',
    explain: (evidence) =>
      evidence.sawLogin === true
        ? {
            what: `The guest shows its login prompt, but SSH does not answer${portOf(evidence)}.`,
            why: 'Its network card has no address (the name in /etc/network/interfaces may be another), the kernel lacks the driver, or sshd does not run.',
            next: checkOf(evidence) ?? `${logIn}: ip address; systemctl status ssh`,
            lines: tail(guestLines(evidence), 6),
          }
        : undefined,
  },
  {
    id: 'kernel-silent',
    explain: (evidence) => {
      const { stage, consoleLines = [] } = evidence;
      if (stage !== 'loader' || consoleLines.length === 0 || !isSilent(evidence)) return undefined;
      return {
        what: `The boot loader started a kernel, and then nothing came for ${roughly(evidence.silentForMs ?? 0)}.`,
        why:
          evidence.accelerator === 'kvm'
            ? 'The kernel hangs in its first instructions, or has no console=ttyS0. KVM that only half works looks like this too.'
            : 'The kernel hangs in its first instructions, or has no console=ttyS0.',
        next:
          evidence.accelerator === 'kvm'
            ? 'UTOPIA_ACCEL=tcg utopia up tells whether it is KVM; the screen is on VNC.'
            : 'Look at the screen through VNC; add console=ttyS0 to its kernel command line.',
        lines: tail(consoleLines),
      };
    },
  },
  {
    id: 'console-silent',
    explain: (evidence) => {
      const { consoleLines = [], screenLines = [] } = evidence;
      if (consoleLines.length > 0 || evidence.timedOut === true) return undefined;
      return {
        what: `The guest has said nothing for ${roughly(evidence.silentForMs ?? evidence.elapsedMs)}, and SSH does not answer${portOf(evidence)}.`,
        why: 'Its kernel has no serial console (the course images have none), so only the screen tells. Its disks do not move either.',
        next: 'Look at the screen through VNC. With console=ttyS0 on its kernel command line it would be heard here.',
        lines: tail(screenLines),
      };
    },
  },
  {
    id: 'processor-stuck',
    explain: (evidence) => {
      if ((evidence.silentForMs ?? 0) < stuckSilenceMs) return undefined;
      const lines = guestLines(evidence).filter((line) => stuckLine.test(line));
      if (lines.length < 2) return undefined;
      const emulated = evidence.accelerator === 'tcg';
      return {
        what: 'A processor of the guest hangs in its kernel, and nothing else comes any more.',
        why: emulated
          ? 'The kernel, or QEMU: emulating two processors, QEMU before 8.1 can miss that a kernel has changed its own code, and repeats what stood there for ever. Seldom, and a new start passes it.'
          : 'The kernel waits for something that does not come; the last report names where.',
        next: emulated
          ? 'Start it again. If it comes often: UTOPIA_CPUS=1, or a newer QEMU.'
          : 'Start it again; utopia oops shows the report of a machine that runs.',
        lines: tail(lines, 3),
      };
    },
  },
  {
    id: 'stalled',
    explain: (evidence) => {
      if (evidence.timedOut === true || !isSilent(evidence)) return undefined;
      return {
        what: `The boot has stopped: no activity for ${roughly(evidence.silentForMs ?? 0)}${afterStage(evidence)}.`,
        why: 'The last lines say what it was doing. A service that waits for a network or a disk, or a kernel that hangs.',
        next: 'Look at the screen through VNC; utopia down --force ends it.',
        lines: tail(guestLines(evidence)),
      };
    },
  },
  {
    id: 'timeout',
    explain: (evidence) => ({
      what: `SSH did not answer within ${roughly(evidence.elapsedMs)}${afterStage(evidence)}.`,
      why:
        evidence.accelerator === 'tcg'
          ? 'The guest was still at work; with software emulation a boot takes several times as long.'
          : 'The guest was still at work when the time was up.',
      next: 'Wait longer with --timeout, or watch it with utopia up --verbose.',
      lines: tail(guestLines(evidence)),
    }),
  },
];

/** kernel/watchdog.c, kernel/rcu: told again for as long as it lasts. */
const stuckLine =
  /\bsoft lockup - CPU#\d+ stuck for|\bhard LOCKUP on cpu|\brcu\w*:? .{0,80}\bdetected (?:expedited )?stalls?\b|\brcu_\w+ (?:self-)?detected stall/i;

/** The kernel reports a processor after 20 s, and again after as long: what else comes shows that the guest gets on. */
const stuckSilenceMs = 20_000;
/** Silence below this is no evidence of anything. */
const noteworthySilenceMs = 5_000;

function isSilent(evidence: Evidence): boolean {
  return (evidence.silentForMs ?? 0) >= noteworthySilenceMs;
}

function afterStage(evidence: Evidence): string {
  return evidence.stage === undefined ? '' : `, after the stage ${evidence.stage}`;
}

function portOf(evidence: Evidence): string {
  return evidence.ssh === undefined ? '' : ` on port ${evidence.ssh.port}`;
}
