import type { FetchedImage } from './fetch-events.ts';
import type { FetchOptions } from './fetch-events.ts';
import { chmod, lstat, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { placeFile, removeDrafts } from '../../system/atomic-file.ts';
import { UtopiaError } from '../../errors.ts';
import { availableBytes } from '../free-space.ts';
import { checkDownload } from './check-image.ts';
import { downloadFile, usualRetryDelaysMs } from './download.ts';
import { openIntake, type Intake, type IntakeResult } from './intake.ts';
import { openPart, type DownloadPart } from './part.ts';
import { describeFetchFailure } from './failures.ts';
import { rangeCondition } from './resume-fetch.ts';
import { shownUrl } from './shown-url.ts';

/** A server that says nothing for this long has lost us. */
const usualStallMs = 30_000;

/**
 * Fetches an image: downloads it, from where an earlier attempt stopped, unpacks
 * it on the way and puts it in place when every byte is there, checked and on the
 * disk. Until then it has a hidden name that nothing takes for an image; what was
 * downloaded stays for the next attempt, unless it is known to be bad.
 * Throws `file-exists`, `image-in-use`, `download-failed`, `checksum-mismatch`,
 * `image-unsuitable`, `disk-full`, `cannot-create`, `program-missing`,
 * `interrupted`.
 */
export async function fetchImage(options: FetchOptions): Promise<FetchedImage> {
  const { output, url } = options;
  await refuseExisting(output, url);
  const part = await openPart(output, shownUrl(url));
  let intake = openIntake(part, output);
  try {
    await removeDrafts(output);
    if (part.bytes > 0 && rangeCondition(part.remote) !== undefined) await replay(part, intake);
    const remote = intake.position > 0 ? part.remote : {};
    const events = downloadFile({
      ...{ url, offset: intake.position, remote, signal: options.signal },
      retryDelaysMs: options.retryDelaysMs ?? usualRetryDelaysMs,
      stallMs: options.stallMs ?? usualStallMs,
      verified: options.sha256 !== undefined,
    });
    let totalBytes: number | undefined;
    for await (const event of events) {
      if (event.kind === 'waiting') options.report(event);
      if (event.kind === 'opened') {
        totalBytes = event.remote.totalBytes;
        if (event.offset !== intake.position) {
          await intake.abandon();
          intake = openIntake(part, output);
        }
        if (event.offset === 0) await part.handle.truncate(0);
        await part.note(event.remote);
        await checkRoomFor(output, totalBytes, event.offset);
        options.report({ kind: 'opened', offset: event.offset, totalBytes });
      }
      if (event.kind === 'bytes') {
        await intake.receive(event.chunk);
        options.report({ kind: 'received', bytes: intake.position, totalBytes });
      }
    }
    return await complete(options, part, intake);
  } catch (error) {
    throw await describeFetchFailure(error, options, part, intake.position);
  } finally {
    await intake.abandon();
    await part.close();
  }
}

async function refuseExisting(output: string, url: URL): Promise<void> {
  const existing = await lstat(output).catch(() => undefined);
  if (existing === undefined) return;
  await clearLeftovers(output, url).catch(() => {});
  throw alreadyThere(output);
}

/** A fetch that was killed after it had put the image in place could not tidy up any more. */
async function clearLeftovers(output: string, url: URL): Promise<void> {
  await removeDrafts(output);
  const part = await openPart(output, shownUrl(url));
  try {
    await part.discard();
  } finally {
    await part.close();
  }
}

function alreadyThere(output: string): UtopiaError {
  return new UtopiaError('file-exists', `${output} is there already.`, {
    hint: 'Remove it first (utopia image list, utopia image remove), or choose another name: -o FILE',
  });
}

/** Reads what an earlier attempt left, so that hash and unpacker stand where the download goes on. */
async function replay(part: DownloadPart, intake: Intake): Promise<void> {
  const buffer = Buffer.allocUnsafe(1024 * 1024);
  while (intake.position < part.bytes) {
    const { bytesRead } = await part.handle.read(buffer, 0, buffer.length, intake.position);
    if (bytesRead === 0) break;
    // The unpacker may hold on to what it is given.
    await intake.replay(Buffer.from(buffer.subarray(0, bytesRead)));
  }
}

async function checkRoomFor(
  output: string,
  totalBytes: number | undefined,
  offset: number,
): Promise<void> {
  if (totalBytes === undefined) return;
  const available = await availableBytes(dirname(output));
  if (available >= totalBytes - offset) return;
  throw new UtopiaError(
    'disk-full',
    `No room for the image in ${dirname(output)}: ${megabytes(available)} free, ${megabytes(totalBytes - offset)} to download.`,
    { hint: 'Free some space there, or name a place with more room: -o FILE' },
  );
}

function megabytes(bytes: number): string {
  return `${Math.ceil(bytes / 1e6)} MB`;
}

async function complete(
  { url, output, sha256, mode }: FetchOptions,
  part: DownloadPart,
  intake: Intake,
): Promise<FetchedImage> {
  const result: IntakeResult = await intake.finish();
  if (sha256 !== undefined && result.sha256 !== sha256) {
    throw new UtopiaError(
      'checksum-mismatch',
      `The checksum of ${shownUrl(url)} is not the given one.`,
      {
        details: [`given       ${sha256}`, `downloaded  ${result.sha256}`],
        hint: 'It was deleted. Compare the given checksum with its source, then fetch again.',
      },
    );
  }
  const format = await checkDownload(result.handle);
  await result.handle.sync();
  await chmod(result.file, mode);
  if (!(await placeFile(result.file, output))) throw alreadyThere(output);
  await part.discard();
  const image = await stat(output);
  return {
    path: output,
    format,
    downloadedBytes: intake.position,
    imageBytes: image.size,
    allocatedBytes: image.blocks * 512,
    sha256: result.sha256,
    verified: sha256 !== undefined,
  };
}
