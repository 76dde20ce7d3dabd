import type { Context, GlobalOptions } from '../context.ts';
import { keepSymbols, releaseThatRuns } from '../lifecycle/debug/keep-symbols.ts';
import { homeFolder } from '../system/places.ts';
import { formatBytes } from '../text/format.ts';
import { shortenPath } from '../text/shorten-path.ts';

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
  const { terminal, env, cwd } = context;
  const release = named ?? (await releaseThatRuns(context, globals));
  const silent = globals.quiet || globals.json;
  const { path, bytes, fetched } = await keepSymbols(context, release, { mirror, yes, silent });
  if (globals.json) {
    terminal.json({ schema: 1, release, path, bytes, fetched });
    return;
  }
  const short = shortenPath(path, cwd, homeFolder(env));
  terminal.out(`${short}  ${formatBytes(bytes)}${fetched ? '' : ', there already'}`);
}
