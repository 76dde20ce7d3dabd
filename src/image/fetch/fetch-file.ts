import { createHash } from 'node:crypto';
import { lstat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { placeFile } from '../../system/atomic-file.ts';
import { UtopiaError } from '../../errors.ts';
import { openRegularFile } from '../../system/regular-file.ts';
import { isOutOfRoom } from '../../system/out-of-space.ts';
import { availableBytes } from '../free-space.ts';
import { downloadFile, usualRetryDelaysMs } from './download.ts';
import { describeFetchFailure } from './failures.ts';
import { openUrl } from './http.ts';
import { openPart, type DownloadPart } from './part.ts';
import { rangeCondition } from './resume-fetch.ts';
import { shownUrl } from './shown-url.ts';
import type { FetchOptions } from './fetch-events.ts';

/** A server that says nothing for this long has lost us. */
const usualStallMs = 30_000;

/**
 * Fetches a file as it is, from where an earlier attempt stopped, and gives it its name when every
 * byte is there and its checksum is the given one. One that is there already is only compared.
 * Throws `download-failed`, `checksum-mismatch`, `disk-full`, `cannot-create`, `interrupted`.
 */
export async function fetchFile(
  options: Omit<FetchOptions, 'mode'>,
): Promise<{ readonly sha256: string }> {
  const { output, url, sha256, signal } = options;
  if ((await lstat(output).catch(() => undefined)) !== undefined) {
    const found = await hashFile(output, signal);
    if (sha256 === undefined || found === sha256) return { sha256: found };
    throw mismatch(url, sha256, found);
  }
  const part = await openPart(output, shownUrl(url));
  let position = rangeCondition(part.remote) === undefined ? 0 : part.bytes;
  try {
    const events = downloadFile({
      ...{ url, signal, offset: position, remote: position > 0 ? part.remote : {} },
      retryDelaysMs: options.retryDelaysMs ?? usualRetryDelaysMs,
      stallMs: options.stallMs ?? usualStallMs,
      verified: sha256 !== undefined,
    });
    let totalBytes: number | undefined;
    for await (const event of events) {
      if (event.kind === 'waiting') options.report(event);
      if (event.kind === 'opened') {
        ({ totalBytes } = event.remote);
        position = event.offset;
        await part.handle.truncate(position);
        await part.note(event.remote);
        await requireRoom(output, totalBytes, position);
        options.report({ kind: 'opened', offset: position, totalBytes });
      }
      if (event.kind === 'bytes') {
        await part.handle.write(event.chunk, 0, event.chunk.length, position);
        position += event.chunk.length;
        options.report({ kind: 'received', bytes: position, totalBytes });
      }
    }
    const found = await hashFile(part.path, signal);
    if (sha256 !== undefined && found !== sha256) throw mismatch(url, sha256, found);
    await part.handle.sync();
    await placeFile(part.path, output);
    await part.discard();
    return { sha256: found };
  } catch (error) {
    throw await describe(error, options, part, position);
  } finally {
    await part.close();
  }
}

async function describe(
  error: unknown,
  options: Pick<FetchOptions, 'url' | 'output' | 'signal'>,
  part: DownloadPart,
  position: number,
): Promise<unknown> {
  if (!isOutOfRoom(error)) return await describeFetchFailure(error, options, part, position);
  return new UtopiaError('disk-full', `There is no room left for ${options.output}.`, {
    hint: 'Free some space; the same command then continues where it stopped.',
    cause: error,
  });
}

async function requireRoom(
  output: string,
  totalBytes: number | undefined,
  offset: number,
): Promise<void> {
  if (totalBytes === undefined) return;
  const free = await availableBytes(dirname(output));
  const left = totalBytes - offset;
  if (free >= left) return;
  throw new UtopiaError(
    'disk-full',
    `No room in ${dirname(output)}: ${megabytes(free)} free, ${megabytes(left)} to download.`,
    { hint: 'Free some space there; the same command then continues where it stopped.' },
  );
}

function megabytes(bytes: number): string {
  return `${Math.ceil(bytes / 1e6)} MB`;
}

function mismatch(url: URL, wanted: string, found: string): UtopiaError {
  return new UtopiaError(
    'checksum-mismatch',
    `The checksum of ${shownUrl(url)} is not the given one.`,
    {
      details: [`given       ${wanted}`, `downloaded  ${found}`],
      hint: 'It was deleted. Fetch it again; if it fails again, do not use that server.',
    },
  );
}

async function hashFile(path: string, signal: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  await using file = await openRegularFile(path);
  for await (const chunk of file.createReadStream({ autoClose: false, signal })) {
    hash.update(chunk as Buffer);
  }
  return hash.digest('hex');
}

/**
 * A small text from a server; undefined where it answers that there is none. Throws
 * `download-failed` for one of more than `most` bytes and where nobody answers.
 */
export async function fetchText(
  url: URL,
  limits: { readonly signal: AbortSignal; readonly most: number },
): Promise<string | undefined> {
  return (await fetchBytes(url, limits))?.toString('utf8');
}

/** The same for a small file that is no text. */
export async function fetchBytes(
  url: URL,
  { signal, most }: { readonly signal: AbortSignal; readonly most: number },
): Promise<Buffer | undefined> {
  const failed = (why: string, cause?: unknown): UtopiaError =>
    new UtopiaError('download-failed', `${shownUrl(url)} cannot be fetched: ${why}.`, {
      hint: 'Check address and network, then again.',
      cause,
    });
  try {
    const limits = { stallMs: usualStallMs, verified: false };
    const { message, status } = await openUrl(url, {}, limits, signal);
    if (status !== 200) message.destroy();
    if (status === 404) return undefined;
    if (status !== 200) throw failed(`it answers with status ${status}`);
    const chunks: Buffer[] = [];
    let bytes = 0;
    for await (const chunk of message as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > most) throw failed(`it has more than ${most} bytes`);
      chunks.push(chunk);
    }
    return Buffer.concat(chunks);
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof UtopiaError) throw error;
    throw failed(error instanceof Error ? error.message : String(error), error);
  }
}
