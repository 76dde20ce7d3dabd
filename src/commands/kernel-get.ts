import { resolve } from 'node:path';
import type { Context, GlobalOptions } from '../context.ts';
import { UtopiaError } from '../errors.ts';
import { parseImageUrl } from '../image/fetch/names.ts';
import { openRateMeter } from '../image/fetch/rate.ts';
import { readVersion, releaseServer } from '../kernel/release.ts';
import { getSource, type SourceOrigin } from '../lifecycle/kernel/get-source.ts';
import { homeFolder } from '../system/places.ts';
import { quoteForShell } from '../text/shell-words.ts';
import { shortenPath } from '../text/shorten-path.ts';
import { openProgress } from '../ui/progress.ts';
import { describeFetchEvent } from './report/fetch-progress.ts';
import { readSha256 } from './report/read-sha256.ts';

export interface KernelGetOptions {
  /** A version, a URL, `debian`, or nothing for the newest stable release. */
  readonly what: string | undefined;
  /** As typed; relative to the current folder. */
  readonly folder: string | undefined;
  readonly from: string | undefined;
  readonly sha256: string | undefined;
}

/** `utopia kernel get`: a kernel's source, checked and unpacked. */
export async function runKernelGet(
  context: Context,
  globals: GlobalOptions,
  options: KernelGetOptions,
): Promise<void> {
  const { terminal, cwd, env } = context;
  const origin = readOrigin(options);
  const sha256 = readSha256(options.sha256);
  const folder = options.folder === undefined ? undefined : resolve(cwd, options.folder);
  const display = await openProgress(terminal, { quiet: globals.quiet || globals.json });
  const meter = openRateMeter();
  try {
    const got = await getSource(context, origin, { folder, sha256 }, display, (event) =>
      display.report(describeFetchEvent(event, meter)),
    );
    display.close();
    if (globals.json) {
      terminal.json({ schema: 1, ...got });
      return;
    }
    const sum =
      got.sha256 === null
        ? `of ${got.from}`
        : got.verified
          ? 'its checksum is the one that is listed'
          : `nobody lists its checksum: sha256 ${got.sha256}`;
    const shown = shortenPath(got.path, cwd, homeFolder(env));
    terminal.out(got.path);
    terminal.out(
      `  Linux ${got.version}; ${options.sha256 === undefined ? sum : 'its checksum is the given one'}`,
    );
    if (got.signature !== null) terminal.out(`  ${got.signature}`);
    terminal.out(`  next  utopia kernel config ${quoteForShell(shown)}`);
  } finally {
    display.close();
  }
}

function readOrigin({ what, from }: KernelGetOptions): SourceOrigin {
  if (what === 'debian') return { kind: 'debian', folder: '/usr/src' };
  if (what?.includes('://') === true) {
    const url = parseImageUrl(what);
    if (/\.tar\.[gx]z$/.test(url.pathname)) return { kind: 'archive', url };
    throw new UtopiaError('usage', `${what}: not the address of a .tar.xz or .tar.gz.`, {
      hint: 'Name a version, or an archive: utopia kernel get https://host/linux-6.12.tar.xz',
    });
  }
  const server = releaseServer(from === undefined ? undefined : parseImageUrl(from));
  if (what === undefined) return { kind: 'release', version: undefined, server };
  const version = readVersion(what);
  if (version !== undefined) return { kind: 'release', version, server };
  throw new UtopiaError('usage', `${what}: no version of a release, and no URL.`, {
    hint: 'utopia kernel get 6.12      or the address of an archive (of a -rc, say)',
  });
}
