import { UtopiaError } from '../../errors.ts';
import type { GuestAccess } from '../../guest/guest-access.ts';
import { runInGuest, type RunInGuestOptions } from '../../guest/ssh.ts';
import { whyNotWritable } from '../../kernel/grub-trial.ts';
import { probeScript, readGuestKernels, type GuestKernels } from '../../kernel/guest-kernels.ts';
import type { RunningMachine } from '../../machine/state.ts';

/** What is shown of a script's complaints. */
const shownLines = 8;

/**
 * Runs one of our scripts as root, and gives what it printed. Throws `guest-refused` with the
 * guest's own words where it fails; `what` is the sentence for that.
 */
export async function askRoot(
  access: GuestAccess,
  script: string,
  what: string,
  options: RunInGuestOptions = {},
): Promise<string> {
  const { status, stdout, stderr } = await runInGuest(access, script, options);
  if (status === 0) return stdout;
  const lines = stderr.split('\n').filter((line) => line.trim() !== '');
  throw new UtopiaError('guest-refused', what, {
    details: lines.slice(-shownLines).map((line) => `| ${line}`),
    hint: 'utopia ssh looks into the guest; utopia ssh -- df -h shows its room.',
  });
}

/** What the guest has of kernels and of grub. */
export async function findGuestKernels(access: GuestAccess): Promise<GuestKernels> {
  const text = await askRoot(access, probeScript, 'The guest did not tell which kernels it has.');
  const found = readGuestKernels(text);
  if (found !== undefined) return found;
  throw new UtopiaError('guest-refused', 'The guest did not tell which kernels it has.', {
    hint: 'utopia ssh -- uname -r',
  });
}

/** Throws `kernel-unsuitable` for a machine whose kernel comes from the host: grub is not asked there. */
export function refuseDirectBoot({ state }: RunningMachine): void {
  const plan = state?.plan;
  const own = plan?.extraArgs.some((word) => /^--?kernel$/.test(word)) === true;
  if (!own && plan?.kernel === undefined) return;
  throw new UtopiaError(
    'kernel-unsuitable',
    'This machine was started with a kernel of the host (--kernel): grub is not asked which to boot.',
    { hint: 'utopia down, then utopia up without --kernel, and try again.' },
  );
}

const insteadHint = 'utopia up --kernel boots a build without installing it.';

/** Throws `kernel-unsuitable` for a guest whose grub is not ours to write: another system, or none. */
export function refuseForeignGrub(kernels: GuestKernels): void {
  const missing = ['grub-mkconfig', 'grub-editenv', 'depmod', 'tar'].filter(
    (name) => !kernels.programs.has(name),
  );
  if (missing.length > 0) {
    throw new UtopiaError(
      'kernel-unsuitable',
      `The guest lacks ${missing.join(', ')}: a kernel cannot be installed into it.`,
      { hint: insteadHint },
    );
  }
  if (!kernels.hasConfig) {
    throw new UtopiaError(
      'kernel-unsuitable',
      'The guest has no /boot/grub/grub.cfg: another boot loader starts it.',
      { hint: insteadHint },
    );
  }
}

/**
 * Throws `kernel-unsuitable` for a guest that would boot a new kernel again and again: its grub
 * knows no entry for one boot, or cannot forget it.
 */
export function refuseWithoutOneShot(kernels: GuestKernels): void {
  if (!kernels.menu.heedsOneShot) {
    throw new UtopiaError(
      'kernel-unsuitable',
      "The guest's grub.cfg ignores next_entry: a kernel that does not boot would be booted again and again. Nothing was changed.",
      {
        details: [
          'It was written by hand. update-grub writes one that heeds it; see that it boots,',
          'then install: utopia snapshot save before-grub, utopia ssh -- update-grub,',
          'utopia reboot.',
        ],
        hint: insteadHint,
      },
    );
  }
  const why = whyNotWritable(kernels.grubAt);
  if (why !== undefined) {
    throw new UtopiaError(
      'kernel-unsuitable',
      `The guest's grub could not forget an entry that it boots once: ${why}. Nothing was changed.`,
      { hint: insteadHint },
    );
  }
  if (kernels.wantedDefault !== 'saved' && !kernels.readsDropIns) {
    throw new UtopiaError(
      'kernel-unsuitable',
      "The guest's update-grub would make the newest kernel the default: GRUB_DEFAULT is not saved. Nothing was changed.",
      { hint: 'Set GRUB_DEFAULT=saved in /etc/default/grub of the guest, and try again.' },
    );
  }
}
