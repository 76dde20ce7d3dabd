import { crashHeadline } from '../../crash/headline.ts';
import { reportCrash, type RepeatedCrash } from '../../crash/crash-report.ts';
import { UtopiaError } from '../../errors.ts';
import type { InstalledKernel } from './install-kernel.ts';
import type { Trial } from './try-kernel.ts';

/**
 * What scripts read of an installation: `verdict` is `booted`, or how the one boot ended. `crash`: the one
 * that explains a failed boot. Pure.
 */
export function reportInstall(
  { version, previous, snapshot, trial }: InstalledKernel,
  crash: RepeatedCrash | undefined,
): object {
  const common = { version, previous, snapshot: snapshot ?? null };
  if (trial.kind === 'booted') {
    return { ...common, verdict: 'booted', default: version, running: version };
  }
  return {
    ...common,
    verdict: trial.boot.end,
    default: previous,
    running: trial.release,
    cameBackByItself: trial.byItself,
    cause: trial.boot.diagnosis.id,
    crash: crash === undefined ? null : reportCrash(crash),
  };
}

/** Causes that the diagnosis has a sentence for, of a boot that is over. */
const told = new Set([
  'root-missing',
  'init-missing',
  'init-stopped',
  'kernel-panic',
  'initramfs-shell',
  'emergency-mode',
  'loader-stuck',
  'kernel-silent',
  'processor-stuck',
]);

/**
 * The error of a kernel that did not come up: why, that the machine is back, and what leads on.
 * `name`: the machine's; `crash`: the one that explains the boot. Pure.
 */
export function explainInstallFailure(
  name: string,
  { version, snapshot }: Pick<InstalledKernel, 'version' | 'snapshot'>,
  { boot, crashes, release }: Extract<Trial, { readonly kind: 'failed' }>,
  crash: RepeatedCrash | undefined,
): UtopiaError {
  const panicked = boot.end === 'panicked' || crashes.some(({ panic }) => panic !== undefined);
  const { diagnosis } = boot;
  const because = told.has(diagnosis.id)
    ? diagnosis.what
    : crash === undefined
      ? endTexts[boot.end]
      : `${crashHeadline(crash)}.`;
  const stays = `${name} is back on Linux ${release}, which is still the default.`;
  return new UtopiaError(
    panicked ? 'kernel-crashed' : 'boot-failed',
    `Linux ${version} did not come up. ${because} ${stays}`,
    {
      details: told.has(diagnosis.id)
        ? [`Why  ${diagnosis.why}`, ...diagnosis.lines.slice(-5).map((line) => `| ${line}`)]
        : [],
      hint: [
        'Mend it, build it, and install it again: utopia kernel install --yes',
        `utopia kernel remove --guest ${version} takes it away.`,
        ...(snapshot === undefined
          ? []
          : [`utopia down, then utopia snapshot restore ${snapshot} undoes all.`]),
      ].join('\n'),
    },
  );
}

const endTexts: Readonly<Record<string, string>> = {
  up: 'SSH greeted, and let nobody in.',
  rebooted: 'The machine rebooted before SSH answered; its console does not say why.',
  panicked: 'Its kernel panicked; the console does not say why.',
  'locked-up': 'A processor did not come back.',
  halted: 'It halted.',
  silent: 'It showed no sign of life any more.',
  stuck: 'It waits for somebody.',
};
