import { parse, format } from 'node:path';
import { UtopiaError } from '../../errors.ts';
import { readImageRecord, writeImageRecord, type ImageRecord } from '../image-record.ts';
import { lstat } from 'node:fs/promises';

/** What the boot of a new image has shown; `unknown` where it could not be booted here. */
export type Verification =
  | { readonly kind: 'passed' }
  | { readonly kind: 'unknown' }
  /** `details`: what is wrong, a line each. */
  | { readonly kind: 'failed'; readonly message: string; readonly details: readonly string[] };

/** `x-failed.raw` beside `x.raw`: an image that is listed, removed and started like any other, under its own name. */
export function failedPath(output: string): string {
  const { dir, name, ext } = parse(output);
  return format({ dir, name: `${name}-failed`, ext });
}

/**
 * Gives a finished file its image's name, with its record. One that does not boot right never
 * takes the place of another that does: it goes to `failedPath`, so that it can be looked into,
 * and `image-build-failed` is thrown. What is there already is replaced only when it is a failed
 * image, too.
 */
export async function placeImage(
  file: string,
  output: string,
  record: ImageRecord,
  verification: Verification,
  mode: number,
): Promise<void> {
  const verified = verification.kind === 'passed' ? { verified: true } : {};
  if (verification.kind !== 'failed') {
    await writeImageRecord(output, { ...record, ...verified }, file, mode);
    return;
  }
  const aside = failedPath(output);
  const free = await isFree(aside);
  if (free) await writeImageRecord(aside, { ...record, verified: false }, file, mode);
  throw new UtopiaError('image-build-failed', verification.message, {
    details: [...verification.details],
    hint: free
      ? `Look into it: QCOW2_BACKING_FILE=${aside}\nTo have it all the same: add --no-verify`
      : `It was not kept: ${aside} is there already. To have it all the same: add --no-verify`,
  });
}

async function isFree(path: string): Promise<boolean> {
  const there = await lstat(path).then(
    () => true,
    () => false,
  );
  return !there || (await readImageRecord(path))?.verified === false;
}
