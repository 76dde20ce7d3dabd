import { UtopiaError } from '../../errors.ts';
import { isOutOfRoom } from '../../system/out-of-space.ts';
import type { FetchOptions } from './fetch-events.ts';
import type { DownloadPart } from './part.ts';
import { shownUrl } from './shown-url.ts';
import { PackedDataError } from './unpacker.ts';

/** Failures after which the downloaded bytes are worth nothing: the next attempt starts afresh. */
const fatalCodes = new Set(['checksum-mismatch', 'image-unsuitable']);

/**
 * Turns what stopped a fetch into the user's terms, and removes the part where it
 * is known to be bad. Everything else stays, so that the same command goes on.
 */
export async function describeFetchFailure(
  error: unknown,
  { url, output, signal }: Pick<FetchOptions, 'url' | 'output' | 'signal'>,
  part: DownloadPart,
  position: number,
): Promise<unknown> {
  if (error instanceof PackedDataError) {
    await part.discard();
    return new UtopiaError(
      'download-failed',
      `${shownUrl(url)} is damaged or cut off: it cannot be unpacked.`,
      {
        details: [error.message],
        hint: 'Fetch it again; if it fails again, the file on the server is bad.',
        cause: error,
      },
    );
  }
  if (error instanceof UtopiaError) {
    if (fatalCodes.has(error.code)) await part.discard();
    return error;
  }
  if (signal.aborted) {
    return new UtopiaError('interrupted', `Interrupted after ${Math.floor(position / 1e6)} MB.`, {
      hint: 'The same command continues there, where the server allows it.',
      cause: error,
    });
  }
  if (isOutOfRoom(error)) {
    const { code } = error as NodeJS.ErrnoException;
    return new UtopiaError('disk-full', `No room for the image ${output} (${code}).`, {
      hint: 'Free some space; the same command then continues where it stopped.',
      cause: error,
    });
  }
  return error;
}
