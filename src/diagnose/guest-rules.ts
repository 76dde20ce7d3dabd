import { findLine, guestLines, logIn, roughly, tail, type Rule } from './rule-text.ts';
import { findWaitForRoot, isLoaderWaiting } from './guest-waits.ts';
import {
  checkOf,
  fromOutside,
  isLateTimer,
  oldKernel,
  panicEvidence,
  panicReason,
  panicWith,
  saysTheSame,
} from './panic-text.ts';

/** What the guest itself tells: from the firmware to the end of its boot. */
export const guestRules: readonly Rule[] = [
  {
    id: 'disk-full',
    explain: (evidence) =>
      evidence.runState === 'io-error'
        ? {
            what: 'QEMU has paused the guest: its disk could not be written.',
            why: 'The file system that holds the overlay is full.',
            next: 'Free some space there; the guest resumes by itself. df -h . shows how much is left.',
            lines: [],
          }
        : undefined,
  },
  {
    id: 'root-missing',
    explain: (evidence) => {
      const reason = panicWith(/Unable to mount root fs|No working init found.*root/i, evidence);
      if (reason === undefined) return undefined;
      const unknown = /unknown-block\(0,0\)/.test(reason);
      return {
        what: `The kernel panicked: it cannot mount its root file system (${reason}).`,
        why: unknown
          ? 'It knows no such disk. Without an initramfs, virtio PCI, virtio block and ext4 must be built in (Y, not M); with one, the initramfs must hold them.'
          : 'It found the disk, but not a file system that it can read there: is root= right, and ext4 built in (Y, not M)?',
        next:
          checkOf(evidence) ??
          `${oldKernel(evidence)}, then set CONFIG_VIRTIO_PCI, CONFIG_VIRTIO_BLK and CONFIG_EXT4_FS to y.`,
        lines: panicEvidence(evidence),
      };
    },
  },
  {
    id: 'init-missing',
    explain: (evidence) => {
      const reason = panicWith(
        /No (?:working )?init found|Requested init .* failed|Attempted to kill init/i,
        evidence,
      );
      if (reason === undefined) return undefined;
      // The initramfs looks for init itself, and ends where there is none.
      const absent = findLine(
        guestLines(evidence),
        /^run-init: (.*(?:can't execute|No such file).*)$/,
      );
      const killed = absent === undefined && /Attempted to kill init/i.test(reason);
      return {
        what: killed
          ? `The kernel panicked: the first process has died (${reason}).`
          : `The kernel panicked: there is no init program to run${absent === undefined ? '' : ` (${absent[1]})`}.`,
        why: killed
          ? 'init crashed or left. A library or program that it needs is damaged, or the kernel lacks something that it asks for.'
          : 'The root file system is mounted, but has no /sbin/init: it is another partition, empty, or init= is wrong.',
        next: `${fromOutside}, or go back with utopia reset (your overlay is kept).`,
        lines: panicEvidence(evidence),
      };
    },
  },
  {
    id: 'init-stopped',
    explain: (evidence) => {
      const lines = guestLines(evidence);
      const at = lines.findLastIndex((line) => systemdStops.test(line));
      if (at === -1) return undefined;
      // Its last complaint says more than the reason that it gives for stopping.
      const complaint = findLine(lines.slice(0, at).toReversed(), systemdFails)?.[1];
      const reason = complaint ?? findLine(lines.slice(at), systemdStops)?.[1] ?? '';
      return {
        what: `The guest's first program, systemd, has stopped: ${reason}.`,
        why:
          evidence.directKernel === undefined
            ? 'The kernel lacks something that systemd cannot do without, or a file system of its disk is damaged.'
            : 'The kernel lacks something that systemd cannot do without.',
        next:
          checkOf(evidence) ??
          `${oldKernel(evidence)}, or go back with utopia reset (your overlay is kept).`,
        lines: tail(lines.filter((line) => systemdSays.test(line))),
      };
    },
  },
  {
    id: 'kernel-panic',
    explain: (evidence) => {
      const reason = panicReason(evidence);
      if (reason === undefined && evidence.panicked !== true) return undefined;
      const { crash } = evidence;
      const isSaid = crash === undefined || reason === undefined || saysTheSame(reason, crash);
      const because = isSaid ? '' : ` (${crash})`;
      return {
        what:
          reason === undefined
            ? 'The kernel panicked; its console says nothing of it.'
            : `The kernel panicked: ${reason.replace(/\.$/, '')}${because}.`,
        why: isLateTimer(reason)
          ? 'The kernel tests its timer while it boots; on a host that is very busy the interrupt comes too late. No module or kernel of yours is the cause.'
          : crash === undefined
            ? 'A new kernel or module is the first suspect.'
            : 'utopia oops shows where and why. A new kernel or module is the first suspect.',
        next: isLateTimer(reason)
          ? 'utopia up, once this host has less to do.'
          : `${oldKernel(evidence)}, or go back with utopia reset (your overlay is kept).`,
        lines: panicEvidence(evidence),
      };
    },
  },
  {
    id: 'no-bootable-disk',
    explain: (evidence) => {
      const log = (evidence.firmwareLog ?? '').split('\n');
      const lines = [...log, ...guestLines(evidence)];
      if (findLine(lines, /No bootable device/) === undefined) return undefined;
      return {
        what: 'The firmware found no disk that it can boot.',
        why: 'The image has no boot loader: it is empty, cut short, a single partition, or a compressed file under a wrong name.',
        next: 'utopia config shows which backing file is used; is that the image?',
        lines: tail(log.filter((line) => /^Boot|^No boot/.test(line))),
      };
    },
  },
  {
    id: 'loader-stuck',
    explain: (evidence) => {
      const { stage, consoleLines = [], screenLines = [], silentForMs = 0 } = evidence;
      if (stage !== undefined && stage !== 'firmware' && stage !== 'loader' && stage !== 'kernel') {
        return undefined;
      }
      const lines = [consoleLines, screenLines].find((text) => isLoaderWaiting(text, silentForMs));
      if (lines === undefined) return undefined;
      const missing = findLine(lines, /file `([^']+)' not found/)?.[1];
      return {
        what:
          missing === undefined
            ? 'The boot loader (grub) waits for input.'
            : `The boot loader (grub) does not find ${missing}.`,
        why: 'Its menu names a kernel that is not there, or it cannot find its own files: an interrupted update-grub, or a partition that moved.',
        next: 'utopia rescue boots it with the kernel of its image; utopia up --boot-entry menu lists its own.',
        lines: tail(lines),
      };
    },
  },
  {
    id: 'initramfs-shell',
    explain: (evidence) => {
      const lines = guestLines(evidence);
      const shell = /^\(initramfs\)|Dropping to a shell|ALERT!.{0,200}does not exist/;
      const waiting = findWaitForRoot(lines.slice(-6), evidence);
      if (findLine(lines.slice(-15), shell) === undefined && waiting === undefined) {
        return undefined;
      }
      return {
        what:
          waiting === undefined
            ? 'The initramfs gave up and opened a shell: it cannot find or mount the root file system.'
            : `The initramfs waits for the root file system${waiting}.`,
        why: 'root= names a disk that is not there, or the initramfs lacks the driver for it (virtio_blk, ext4).',
        next: `${oldKernel(evidence)}, then rebuild the initramfs: update-initramfs -u -k VERSION`,
        lines: tail(lines),
      };
    },
  },
  {
    id: 'emergency-mode',
    explain: (evidence) => {
      const lines = guestLines(evidence);
      const pattern =
        /You are in (?:emergency|rescue) mode|Cannot open access to console, the root account is locked|Give root password for (?:maintenance|system maintenance)|Press Enter for maintenance/i;
      if (findLine(lines.slice(-20), pattern) === undefined) return undefined;
      const failed = lines.filter((line) =>
        /FAILED\]|DEPEND\]|Timed out waiting for device/.test(line),
      );
      return {
        what: 'The guest started into emergency mode: something that its boot needs has failed.',
        why:
          failed.length === 0
            ? 'Most often a line in /etc/fstab for a disk that is not there.'
            : 'The failed units are below; most often a line in /etc/fstab for a disk that is not there.',
        next: `${logIn}, look at journalctl -xb, mend it, reboot. Or: ${fromOutside}.`,
        lines: failed.length === 0 ? tail(lines) : tail(failed),
      };
    },
  },
  {
    id: 'guest-shutdown',
    explain: (evidence) => {
      const ended = evidence.qemuExit?.code === 0 && evidence.stage !== undefined;
      if (evidence.shutdownBy === 'host' || (evidence.shutdownBy !== 'guest' && !ended))
        return undefined;
      return {
        what: `The guest shut itself down after ${roughly(evidence.elapsedMs)}, before SSH answered.`,
        why: 'Something in the guest asked for it: a poweroff in its start-up, an installer that was done, or somebody at its screen.',
        next: 'utopia up --verbose shows the console while it boots.',
        lines: tail(guestLines(evidence)),
      };
    },
  },
  {
    id: 'host-shutdown',
    explain: (evidence) =>
      evidence.shutdownBy === 'host'
        ? {
            what: 'The machine was stopped from the host before SSH answered.',
            why: 'Another utopia down, a quit in its monitor, or a signal to QEMU.',
            next: 'utopia up',
            lines: [],
          }
        : undefined,
  },
];

/** systemd's last line on the console before it freezes (src/core/main.c: `manager_status_printf`). */
const systemdStops = /\[!!!!!!\] (.{1,200}?)(?:, freezing)?\.?$/;
const systemdFails =
  /\bsystemd\[1\]: ((?:Failed to (?!find module)|Cannot |Could not |Unable ).{1,200})$/;
const systemdSays = /\bsystemd\[1\]:|\[!!!!!!\]|\bFreezing execution/;
