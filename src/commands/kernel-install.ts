import type { Context, GlobalOptions } from '../context.ts';
import type { Config } from '../config/machine-config.ts';
import type { RepeatedCrash } from '../crash/crash-report.ts';
import { readImageHead } from '../kernel/bzimage.ts';
import { requireBuildOrNewest } from '../kernel/require-build.ts';
import { installKernel } from '../lifecycle/kernel/install-kernel.ts';
import { explainInstallFailure, reportInstall } from '../lifecycle/kernel/report-install.ts';
import { findGuest } from '../lifecycle/watch/find-guest.ts';
import { formatDuration } from '../text/format.ts';
import { foldFor } from '../ui/lines.ts';
import { openProgress } from '../ui/progress.ts';
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
  const build = await requireBuildOrNewest(context.env, options.build);
  const { version } = await readImageHead(build.image);
  const guest = await findGuest(context, globals, 'root');
  const display = await openProgress(terminal, { quiet: globals.quiet || globals.json });
  const { name } = guest.machine.config;
  try {
    const done = await installKernel(context, guest, { ...build, version }, options, display);
    display.close();
    const elapsedMs = Math.round(performance.now() - startedAt);
    const { trial } = done;
    const crash = trial.kind === 'failed' ? chooseCrash(trial.crashes) : undefined;
    if (globals.json)
      terminal.json({
        schema: 1,
        name,
        build: build.name,
        ...reportInstall(done, crash),
        elapsedMs,
      });
    if (trial.kind === 'failed') {
      const isSilent = globals.json || globals.quiet;
      if (crash !== undefined && !isSilent) {
        await showCrash(context, globals, guest.machine.config, crash, trial.crashes);
      }
      throw explainInstallFailure(name, done, trial, crash);
    }
    if (globals.json) return;
    const took = formatDuration(trial.elapsedMs);
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

/** The card of the crash that a boot ended with, on stderr. */
async function showCrash(
  context: Context,
  globals: GlobalOptions,
  { sharedDir, folder }: Pick<Config, 'sharedDir' | 'folder'>,
  crash: RepeatedCrash,
  all: readonly RepeatedCrash[],
): Promise<void> {
  const { terminal } = context;
  const found = await locateCrashes(context, [crash], { vmlinux: undefined, sharedDir, folder });
  const onErr = { ...context, terminal: { ...terminal, color: terminal.errColor } };
  const notes = { all, before: [], machineGoesOn: false };
  for (const line of crashCards(onErr, globals, found, notes)) terminal.err(line);
}
