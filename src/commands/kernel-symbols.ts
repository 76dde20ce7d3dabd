import { stat } from 'node:fs/promises';
import type { Context, GlobalOptions } from '../context.ts';
import { UtopiaError } from '../errors.ts';
import { readElf } from '../crash/elf.ts';
import { openRateMeter } from '../image/fetch/rate.ts';
import { debugPackage, keptSymbols } from '../kernel/debug-package.ts';
import { askRelease } from '../lifecycle/debug/ask-release.ts';
import {
  fetchSymbols,
  findDebugPackage,
  requireDebianRelease,
} from '../lifecycle/debug/fetch-symbols.ts';
import { locateMachine } from '../lifecycle/launch/locate.ts';
import { requireRunning } from '../lifecycle/launch/monitor.ts';
import { homeFolder } from '../system/places.ts';
import { formatBytes } from '../text/format.ts';
import { shortenPath } from '../text/shorten-path.ts';
import { openProgress } from '../ui/progress.ts';
import { describeFetchEvent } from './report/fetch-progress.ts';

export interface KernelSymbolsOptions {
  /** Undefined for the kernel of the running machine. */
  readonly release: string | undefined;
  /** Address of a Debian mirror. */
  readonly mirror: string;
  /** Agree to the download. */
  readonly yes: boolean;
}

/** `utopia kernel symbols [RELEASE]`: the debug information of a kernel of Debian's, kept in the cache. */
export async function runKernelSymbols(
  context: Context,
  globals: GlobalOptions,
  { release: named, mirror, yes }: KernelSymbolsOptions,
): Promise<void> {
  const { terminal, env, cwd, signal } = context;
  const release = named ?? (await releaseThatRuns(context, globals));
  requireDebianRelease(release);
  const path = keptSymbols(env, release);
  // One that was cut short is fetched again.
  const isKept = (await readElf(path)) !== undefined;
  if (!isKept) await fetch();
  const { size: bytes } = await stat(path);
  if (globals.json) {
    terminal.json({ schema: 1, release, path, bytes, fetched: !isKept });
    return;
  }
  const short = shortenPath(path, cwd, homeFolder(env));
  terminal.out(`${short}  ${formatBytes(bytes)}${isKept ? ', there already' : ''}`);

  async function fetch(): Promise<void> {
    const display = await openProgress(terminal, { quiet: globals.quiet || globals.json });
    const meter = openRateMeter();
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
        onFetch: (event) => display.report(describeFetchEvent(event, meter)),
        onUnpack: () => display.report({ kind: 'started', title: 'unpack' }),
      });
      const elapsedMs = performance.now() - startedAt;
      display.report({ kind: 'finished', title: 'symbols', elapsedMs });
    } finally {
      display.close();
    }
  }
}

async function releaseThatRuns(context: Context, globals: GlobalOptions): Promise<string> {
  const located = await locateMachine(context, globals);
  const running = await requireRunning(located);
  return running.state?.plan.kernel?.version ?? (await askRelease(context, located, running));
}
