import { join } from 'node:path';
import type { Environment } from '../../environment.ts';
import { UtopiaError } from '../../errors.ts';
import { cacheRoot } from '../../system/places.ts';
import { shownText } from './shown-url.ts';

/** Reads the URL of an image. Throws `usage` for what is no http or https URL. */
export function parseImageUrl(text: string): URL {
  const url = URL.parse === undefined ? tryUrl(text) : URL.parse(text);
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    throw new UtopiaError('usage', `${JSON.stringify(shownText(text))} is no http or https URL.`, {
      hint: 'utopia image fetch https://host/path/image.raw.gz',
    });
  }
  return url;
}

/** URL.parse is not in every Node 20. */
function tryUrl(text: string): URL | null {
  try {
    return new URL(text);
  } catch {
    return null;
  }
}

/**
 * Where an image goes that no -o names: the store, under the URL's last part
 * without .gz or .xz, and with .raw where it has no image's ending.
 */
export function storePathFor(url: URL, env: Environment): string {
  const last = url.pathname.split('/').findLast((part) => part !== '') ?? '';
  const bare = decode(last)
    .replace(/\.(gz|xz)$/i, '')
    // What a file name cannot hold, or what would hide it.
    .replaceAll(/[/\p{Cc}]/gu, '_')
    .replace(/^\.+/, '');
  const name = bare === '' ? 'image' : bare;
  const ending = /\.(raw|qcow2)$/.test(name) ? '' : '.raw';
  return join(cacheRoot(env), 'images', name + ending);
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** A checksum as typed, in lower case. Throws `usage`. */
export function readSha256(text: string | undefined): string | undefined {
  if (text === undefined || /^[\da-f]{64}$/i.test(text)) return text?.toLowerCase();
  throw new UtopiaError('usage', `--sha256 ${text} is no SHA-256 checksum.`, {
    hint: 'It has 64 hexadecimal digits, as sha256sum prints it.',
  });
}
