import { lstat } from 'node:fs/promises';
import type { Shape } from '../text/shape.ts';
import { mostNoteBytes, readRegularText, whyUnreadable } from './regular-file.ts';

/** What a file of JSON came to: what stands in it, that there is none, or why it cannot be used. */
export type Reading<T> =
  { readonly kind: 'read'; readonly value: T } | { readonly kind: 'absent' } | Unreadable;

/** The same of something that is there. */
export type Checked<T> = Exclude<Reading<T>, { readonly kind: 'absent' }>;

/** Damaged, too large, no file, not ours to read, or of another version. */
export interface Unreadable {
  readonly kind: 'unreadable';
  /** A sentence to stand behind a colon. */
  readonly why: string;
}

/**
 * Reads a file that was written earlier: a regular one of at most `most` bytes that holds JSON of
 * this shape. Never throws: who can do without the file takes `readKnown`, who cannot says why.
 */
export async function readJson<T>(
  path: string,
  shape: Shape<T>,
  most = mostNoteBytes,
): Promise<Reading<T>> {
  try {
    return checkJson(await readRegularText(path, most), shape);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') {
      const link = await lstat(path).catch(() => undefined);
      return link === undefined ? { kind: 'absent' } : unreadable('it is a link to nothing.');
    }
    return { kind: 'unreadable', why: whyUnreadable(error) };
  }
}

/** The same for a file whose loss costs nothing but time: undefined for one that cannot be used, too. */
export async function readKnown<T>(
  path: string,
  shape: Shape<T>,
  most = mostNoteBytes,
): Promise<T | undefined> {
  const reading = await readJson(path, shape, most);
  return reading.kind === 'read' ? reading.value : undefined;
}

/** Checks the text of such a file. Pure. */
export function checkJson<T>(text: string, shape: Shape<T>): Checked<T> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return unreadable(text.trim() === '' ? 'it is empty.' : 'it is no JSON, or cut short.');
  }
  return checkValue(value, shape);
}

/** Checks what stands in such a file. Pure. */
export function checkValue<T>(value: unknown, shape: Shape<T>): Checked<T> {
  const place = shape(value);
  if (place === undefined) return { kind: 'read', value: value as T };
  if (place === '') return unreadable('it holds something else.');
  const version: unknown = (value as { readonly schema?: unknown }).schema;
  if (place === 'schema' && typeof version === 'number') {
    return unreadable(`it is of version ${version}, which this utopia does not know.`);
  }
  return unreadable(`its "${place}" is missing or something else.`);
}

function unreadable(why: string): Unreadable {
  return { kind: 'unreadable', why };
}
