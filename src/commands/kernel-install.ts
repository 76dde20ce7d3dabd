import type { Context, GlobalOptions } from '../context.ts';
import { crashHeadline } from '../crash/headline.ts';
import { reportCrash } from '../crash/report.ts';
import { UtopiaError } from '../errors.ts';
import { listBuilds, type KernelBuild } from '../kernel/build-store.ts';
import { readImageHead } from '../kernel/bzimage.ts';
import { installKernel, type InstalledKernel } from '../lifecycle/kernel/install-kernel.ts';
import { findGuest } from '../lifecycle/watch/guest-access.ts';
import { formatDuration } from '../text/format.ts';
import { foldFor } from '../ui/lines.ts';
import { openProgress } from '../ui/progress.ts';
import { requireBuild } from './report/require-build.ts';
import { locateCrashes } from '../lifecycle/watch/locate-crashes.ts';
import { crashCards } from './oops/cards.ts';
import { chooseCrash } from '../crash/choose-crash.ts';

export interface KernelInstallOptions {
  /** Name of a build of the store; undefined for the newest. */
  readonly build: string | undefined;
  /** Replace a version that the guest has already. */
  readonly yes: boolean;
  readonly snapshot: boolean;
  /** How long the guest may take to shut down, in ms. */
  readonly timeoutMs: number;
  /** A guest that shows no sign of life for so long, in ms, hangs. */
  readonly stallMs: number;
}

/** `utopia kernel install [BUILD]`: into the guest, one boot of it, and what came of that. */
export async function runKernelInstall(
  context: Context,
  globals: GlobalOptions,
  options: KernelInstallOptions,
): Promise<void> {
  const { terminal } = context;
  const startedAt = performance.now();
  const build = await chooseBuild(context, options.build);
  const { version } = await readImageHead(build.image);
  const guest = await findGuest(context, globals, 'root');
  const display = await openProgress(terminal, { quiet: globals.quiet || globals.json });
  const { name } = guest.machine.config;
  try {
    const done = await installKernel(context, guest, { ...build, version }, options, display);
    display.close();
    const elapsedMs = Math.round(performance.now() - startedAt);
    if (globals.json)
      terminal.json({ schema: 1, name, build: build.name, ...report(done), elapsedMs });
    if (done.trial.kind === 'failed')
      throw await explainFailure(context, globals, guest.machine.config, done);
    if (globals.json) return;
    const took = formatDuration(done.trial.elapsedMs);
    const text = `${name} runs Linux ${version}, which booted in ${took} and is the default from now on.`;
    for (const line of foldFor(terminal.stdout, text, terminal.columns)) terminal.out(line);
    terminal.out(`  Back      utopia kernel default previous   (Linux ${done.previous})`);
    if (done.snapshot !== undefined) {
      terminal.out(`  Undo all  utopia down, then utopia snapshot restore ${done.snapshot}`);
    }
  } finally {
    display.close();
  }
}

async function chooseBuild({ env }: Context, name: string | undefined): Promise<KernelBuild> {
  if (name === undefined) {
    const { builds, damaged } = await listBuilds(env);
    const newest = builds.toSorted((a, b) => b.builtAt.localeCompare(a.builtAt))[0];
    if (newest !== undefined) return newest;
    throw (
      damaged[0] ??
      new UtopiaError('kernel-unknown', 'No kernel has been built yet.', {
        hint: 'utopia kernel build, in the tree of a kernel',
      })
    );
  }
  return await requireBuild(env, name);
}

/** What scripts read: `verdict` is `booted`, or how the one boot ended. */
function report({ version, previous, snapshot, trial }: InstalledKernel): object {
  const common = { version, previous, snapshot: snapshot ?? null };
  if (trial.kind === 'booted') {
    return { ...common, verdict: 'booted', default: version, running: version };
  }
  const crash = chooseCrash(trial.crashes);
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

/** Causes that the house's diagnosis has a sentence for, of a boot that is over. */
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

/** Shows the crash, and says that the machine is back, and what leads on. */
async function explainFailure(
  context: Context,
  globals: GlobalOptions,
  {
    name,
    sharedDir,
    folder,
  }: { readonly name: string; readonly sharedDir: string; readonly folder: string },
  { version, trial, snapshot }: InstalledKernel,
): Promise<UtopiaError> {
  if (trial.kind !== 'failed') throw new RangeError('it has booted');
  const { boot, crashes, release } = trial;
  const crash = chooseCrash(crashes);
  if (crash !== undefined && !globals.json && !globals.quiet) {
    const { terminal } = context;
    const found = await locateCrashes(context, [crash], { vmlinux: undefined, sharedDir, folder });
    const onErr = { ...context, terminal: { ...terminal, color: terminal.errColor } };
    const notes = { all: crashes, before: [], machineGoesOn: false };
    for (const line of crashCards(onErr, globals, found, notes)) terminal.err(line);
  }
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
