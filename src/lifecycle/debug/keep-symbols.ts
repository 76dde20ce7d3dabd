import { stat } from 'node:fs/promises';
import { UtopiaError } from '../../errors.ts';
import { readElf } from '../../crash/elf.ts';
import { showFetch } from '../../image/fetch/fetch-progress.ts';
import { debugPackage, keptSymbols } from '../../kernel/debug-package.ts';
import { formatBytes } from '../../text/format.ts';
import type { LifecycleContext, LifecycleOptions } from '../lifecycle-context.ts';
import { locateMachine } from '../launch/locate.ts';
import { requireRunning } from '../launch/monitor.ts';
import { askRelease } from './ask-release.ts';
import { fetchSymbols, findDebugPackage, requireDebianRelease } from './fetch-symbols.ts';

/** Where symbols come from, and whether somebody is asked and told. */
export interface SymbolsRequest {
  /** Address of a Debian mirror. */
  readonly mirror: string;
  /** Agree to the download. */
  readonly yes: boolean;
  /** No display is drawn. */
  readonly silent: boolean;
}

/** The symbols of a kernel in the cache. */
export interface KeptSymbols {
  /** Absolute. */
  readonly path: string;
  readonly bytes: number;
  /** They were not there before. */
  readonly fetched: boolean;
}

/**
 * Sees to the symbols of a kernel of Debian's in the cache: fetches them where they are not there, or
 * were cut short. Throws `kernel-unknown` for another kernel, `consent-needed`, and what
 * findDebugPackage and fetchSymbols throw.
 */
export async function keepSymbols(
  context: LifecycleContext,
  release: string,
  request: SymbolsRequest,
): Promise<KeptSymbols> {
  requireDebianRelease(release);
  const path = keptSymbols(context.env, release);
  const isKept = (await readElf(path)) !== undefined;
  if (!isKept) await askAndFetch(context, release, request);
  const { size: bytes } = await stat(path);
  return { path, bytes, fetched: !isKept };
}

async function askAndFetch(
  context: LifecycleContext,
  release: string,
  { mirror, yes, silent }: SymbolsRequest,
): Promise<void> {
  const { signal } = context;
  const display = await context.reporter.openProgress(silent);
  try {
    display.report({ kind: 'started', title: 'package' });
    const offer = await findDebugPackage(context, release, mirror);
    const detail = `${debugPackage(release)} ${offer.version}, ${formatBytes(offer.bytes)}`;
    display.report({ kind: 'finished', title: 'package', detail });
    display.close();
    const question = `Download ${formatBytes(offer.bytes)}? What is kept of it takes about 650 MB.`;
    if (!(await context.asker.confirm(question, { assumeYes: yes, defaultYes: true, signal }))) {
      throw new UtopiaError('consent-needed', 'Nothing was downloaded.', {
        hint: 'utopia kernel symbols --yes',
      });
    }
    const startedAt = performance.now();
    await fetchSymbols(context, release, offer, {
      onFetch: showFetch(display),
      onUnpack: () => display.report({ kind: 'started', title: 'unpack' }),
    });
    const elapsedMs = performance.now() - startedAt;
    display.report({ kind: 'finished', title: 'symbols', elapsedMs });
  } finally {
    display.close();
  }
}

/** The release of the kernel that the machine of this folder runs. Throws where none runs. */
export async function releaseThatRuns(
  context: LifecycleContext,
  globals: LifecycleOptions,
): Promise<string> {
  const located = await locateMachine(context, globals);
  const running = await requireRunning(located);
  return running.state?.plan.kernel?.version ?? (await askRelease(context, located, running));
}
