import { createHash } from 'node:crypto';

/** A name of a file that says which item it is for, and that no other item has. */
const plainName = /^[\p{L}\p{N}_][\p{L}\p{N}_.-]{0,59}$/u;
/** Ends like one of ours: another item could be named so on purpose. */
const looksHashed = /-[\da-f]{12}$/;
const slugLength = 40;

/**
 * The name, without a suffix, of the files about an item: the item itself where that is a plain
 * name, else its letters and digits and a hash of it. Never a path, stable, unique. Pure.
 */
export function resultName(item: string): string {
  if (plainName.test(item) && !looksHashed.test(item)) return item;
  const slug = item
    .slice(0, 4 * slugLength)
    .replaceAll(/[^\p{L}\p{N}_.]+/gu, '-')
    .replaceAll(/^[-.]+|-$/g, '')
    .slice(0, slugLength);
  const hash = createHash('sha256').update(item).digest('hex').slice(0, 12);
  return `${slug || 'item'}-${hash}`;
}
