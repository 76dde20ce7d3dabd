import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, rename, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Environment } from '../../environment.ts';
import { UtopiaError } from '../../errors.ts';
import { openUnpacker, PackedDataError, type Packing } from '../../image/fetch/unpacker.ts';
import { draftPath, removeDrafts } from '../../system/atomic-file.ts';
import { isThere } from '../../system/look.ts';
import { saysOutOfRoom } from '../../system/out-of-space.ts';
import { openRegularFile } from '../../system/regular-file.ts';
import { createSourceCheck } from '../../system/source-archive.ts';
import { createTarReader } from '../../system/tar-reader.ts';
import { namedFolderMode, underUsersUmask } from '../../system/umask.ts';
import { quoteForShell } from '../../text/shell-words.ts';

/** What a source is to be, and how that is told. */
export interface SourceKind {
  /** Of the draft's folder. */
  readonly name: string;
  /** About what it takes when it is unpacked: `1.6 GB`. */
  readonly needs: string;
  /** Where a good one is found: the next step for an archive that is none. */
  readonly hint: string;
  /** Throws for a folder that is no such source. */
  readonly check: (folder: string) => Promise<unknown>;
}

export interface UnpackRun {
  readonly env: Environment;
  readonly signal: AbortSignal;
  /** Called with how much of the archive is unpacked. */
  readonly onBytes: (bytes: number) => void;
}

/**
 * Unpacks a source (tar, packed with xz, gzip or bzip2) into a folder that is not there, whole or
 * not at all; undefined: named as the archive's own, below `parent`. Each member is looked at before
 * tar gets it. Gives the folder. Throws `source-unsuitable`, `file-exists`, `disk-full`, and what the kind throws.
 */
export async function unpackSource(
  archive: string,
  { parent, folder }: { readonly parent: string; readonly folder: string | undefined },
  kind: SourceKind,
  run: UnpackRun,
): Promise<string> {
  const place = folder ?? join(parent, kind.name);
  await removeDrafts(place);
  const draft = draftPath(place);
  const mode = namedFolderMode();
  await underUsersUmask(() => mkdir(draft, { mode }));
  try {
    const top = await extract(archive, draft, kind, run);
    const made = join(draft, top);
    await kind.check(made).catch((error: unknown) => {
      throw error instanceof UtopiaError ? withoutDraft(error, made, kind) : error;
    });
    const target = folder ?? join(parent, top);
    // rename(2) replaces an empty folder, and nothing else.
    if (await isThere(target)) throw alreadyThere(target);
    await rename(made, target);
    return target;
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

export function alreadyThere(target: string): UtopiaError {
  return new UtopiaError('file-exists', `${target} is there already.`, {
    hint: `Name another folder, or remove it: rm -r ${quoteForShell(target)}`,
  });
}

async function extract(
  archive: string,
  draft: string,
  kind: SourceKind,
  { env, signal, onBytes }: UnpackRun,
): Promise<string> {
  const args = ['--extract', '--no-same-owner', '--no-same-permissions', '-C', draft, '-f', '-'];
  const child = underUsersUmask(() =>
    spawn('tar', args, {
      stdio: ['pipe', 'ignore', 'pipe'],
      env: { ...env, LC_ALL: 'C' },
      signal,
    }),
  );
  const ended = once(child, 'close') as Promise<[number | null]>;
  ended.catch(() => {});
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => (said = (said + chunk.toString()).slice(-2000)));
  // tar has ended: its status tells.
  child.stdin.on('error', () => {});
  const check = createSourceCheck();
  const reader = createTarReader({
    begin: (member) => check.take(member),
    data: () => {},
    end: () => {},
  });
  const unpacker = await openUnpacker(packingOf(archive), async (chunk) => {
    await reader.take(chunk);
    if (!child.stdin.destroyed && !child.stdin.write(chunk)) await once(child.stdin, 'drain');
  });
  try {
    await using file = await openRegularFile(archive);
    let bytes = 0;
    for await (const chunk of file.createReadStream({ autoClose: false, signal })) {
      await unpacker.write(chunk as Buffer);
      bytes += (chunk as Buffer).length;
      onBytes(bytes);
    }
    await unpacker.finish();
    reader.finish();
    child.stdin.end();
    const [status] = await ended;
    const top = check.top();
    if (status === 0 && top !== undefined) return top;
    throw saysOutOfRoom(said)
      ? new UtopiaError('disk-full', `There is no room left for the source in ${draft}.`, {
          hint: `It needs about ${kind.needs}. Free some space, or name another folder.`,
        })
      : unfit(said.trim().split('\n').at(-1) ?? 'tar has failed', kind);
  } catch (error) {
    unpacker.abort();
    child.stdin.destroy();
    child.kill();
    await ended.catch(() => {});
    signal.throwIfAborted();
    if (error instanceof PackedDataError) throw unfit('it is damaged or cut off', kind);
    throw error instanceof RangeError ? unfit(error.message, kind) : error;
  }
}

/** What is said of the draft's folder, of the archive: nobody has seen the draft. */
function withoutDraft(error: UtopiaError, made: string, { hint }: SourceKind): UtopiaError {
  const message = error.message.replace(made, `The archive's ${basename(made)}`);
  return new UtopiaError(error.code, message, { details: error.details, hint });
}

/** By the archive's name. */
function packingOf(archive: string): Packing {
  if (archive.endsWith('gz')) return 'gzip';
  return archive.endsWith('bz2') ? 'bzip2' : 'xz';
}

function unfit(why: string, { hint }: SourceKind): UtopiaError {
  return new UtopiaError('source-unsuitable', `The archive was not unpacked: ${why}.`, { hint });
}
