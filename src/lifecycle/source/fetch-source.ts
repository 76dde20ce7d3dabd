import { rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { UtopiaError } from '../../errors.ts';
import { fetchFile } from '../../image/fetch/fetch-file.ts';
import { showFetch } from '../../image/fetch/fetch-progress.ts';
import type { ProgressDisplay } from '../../progress-events.ts';
import { isThere } from '../../system/look.ts';
import { makeFolder } from '../../system/make-folder.ts';
import { cacheRoot } from '../../system/places.ts';
import type { LifecycleContext } from '../lifecycle-context.ts';
import { alreadyThere, unpackSource, type SourceKind } from './unpack-source.ts';

/** A source that was unpacked. */
export interface GotSource {
  /** Absolute. */
  readonly path: string;
  readonly version: string;
  /** The address, or the file, that it is of. */
  readonly from: string;
  /** Of the archive; null for a file of this host. */
  readonly sha256: string | null;
  /** Whether the archive is what was given or published: by its checksum, or by its signature. */
  readonly verified: boolean;
  /** What the signature of that came to, in words; null where none was looked for. */
  readonly signature: string | null;
}

export type SourceContext = Pick<LifecycleContext, 'env' | 'cwd' | 'signal'>;

/** An archive that can be asked for: `.tar.xz`, `.tar.gz` or `.tar.bz2`. */
export const archiveName = /\.tar\.(?:gz|xz|bz2)$/;

/** Where a source goes that no folder was named for: as its archive is called. Absolute. */
export function usualFolder({ cwd }: SourceContext, url: URL): string {
  return join(cwd, basename(url.pathname).replace(archiveName, ''));
}

/** Throws `file-exists` for a folder that is there: nothing is ever unpacked over one. */
export async function requireNoFolder(folder: string): Promise<void> {
  if (await isThere(folder)) throw alreadyThere(folder);
}

/**
 * Downloads an archive, from where an earlier attempt stopped, compares its checksum where one is
 * wanted, has `examine` look at the file, and unpacks it. The archive goes when it is unpacked, or
 * is none of this kind. Throws what fetchFile, `examine` and unpackSource throw.
 */
export async function fetchSource<T>(
  context: SourceContext,
  { url, folder, sha256 }: SourceRequest,
  kind: SourceKind,
  examine: (archive: string) => Promise<T>,
  display: ProgressDisplay,
): Promise<{ readonly path: string; readonly sha256: string; readonly found: T }> {
  const name = basename(url.pathname);
  const output = join(cacheRoot(context.env), 'sources', name);
  await makeFolder(dirname(output), { mode: 0o700 });
  // Another server's may have the name; only a checksum tells.
  if (sha256 === undefined) await rm(output, { force: true });
  const title = 'download';
  const startedAt = performance.now();
  try {
    const fetched = await fetchFile({
      ...{ url, output, sha256, signal: context.signal, report: showFetch(display) },
    });
    const elapsedMs = performance.now() - startedAt;
    display.report({ kind: 'finished', title, detail: name, elapsedMs });
    const found = await examine(output);
    const path = await unpackArchive(context, output, folder, kind, display);
    await rm(output, { force: true });
    return { path, sha256: fetched.sha256, found };
  } catch (error) {
    // A whole archive of another checksum, or that is no such source, would be met for ever.
    const isWrong = error instanceof UtopiaError && wrongArchive.has(error.code);
    if (isWrong) await rm(output, { force: true });
    throw error;
  }
}

const wrongArchive: ReadonlySet<string> = new Set([
  ...['checksum-mismatch', 'source-unsuitable', 'kernel-unsuitable'],
]);

export interface SourceRequest {
  readonly url: URL;
  /** Absolute; undefined: below the current one, named as the archive's own. */
  readonly folder: string | undefined;
  /** That the archive must have. */
  readonly sha256: string | undefined;
}

/** Unpacks an archive of this host, and gives the folder; see unpackSource. */
export async function unpackArchive(
  { cwd, env, signal }: SourceContext,
  archive: string,
  folder: string | undefined,
  kind: SourceKind,
  display: ProgressDisplay,
): Promise<string> {
  const title = 'unpack';
  display.report({ kind: 'started', title });
  const startedAt = performance.now();
  const { size } = await stat(archive);
  const onBytes = (bytes: number): void =>
    display.report({ kind: 'moved', title, fraction: bytes / size });
  const place = { parent: cwd, folder };
  const path = await unpackSource(archive, place, kind, { env, signal, onBytes });
  display.report({ kind: 'finished', title, elapsedMs: performance.now() - startedAt });
  return path;
}
