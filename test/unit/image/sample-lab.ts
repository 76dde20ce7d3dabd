import { execFileSync } from 'node:child_process';
import { truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { UtopiaError } from '../../../src/errors.ts';
import type { BackingFile } from '../../../src/image/image-files.ts';

/** qemu-img as the distribution installs it. */
export const imgBinary = '/usr/bin/qemu-img';

/** A lab folder with a raw image of 16 MiB that has something in its first bytes. */
export function sampleLab(folder: string) {
  const image = join(folder, 'base.raw');
  writeFileSync(image, 'a boot sector, so to say');
  truncateSync(image, 16 * 1024 * 1024);
  const backing: BackingFile = { path: image, format: 'raw', origin: 'config' };
  const privateFile = join(folder, 'private.qcow2');
  const question = {
    config: { privateFile },
    backing,
    imgBinary,
    signal: new AbortController().signal,
    now: new Date('2026-11-23T12:00:00Z'),
  };
  return { folder, image, backing, privateFile, question };
}

/** Runs qemu-img and returns its output. */
export function qemuImg(...args: readonly string[]): string {
  return execFileSync(imgBinary, args, { encoding: 'utf8' });
}

/** The UtopiaError that a promise is rejected with; fails when it is not. */
export async function refusalOf(promise: Promise<unknown>): Promise<UtopiaError> {
  const outcome = await promise.then(
    () => 'nothing was thrown',
    (error: unknown) => error,
  );
  if (outcome instanceof UtopiaError) return outcome;
  throw outcome instanceof Error ? outcome : new Error(String(outcome));
}
