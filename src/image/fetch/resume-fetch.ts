/** What is known of the file that a partial download is a part of. */
export interface RemoteFile {
  /** Value of the ETag header. */
  readonly etag?: string | undefined;
  /** Value of the Last-Modified header. */
  readonly lastModified?: string | undefined;
  /** Length of the whole file; undefined when the server does not say. */
  readonly totalBytes?: number | undefined;
}

/** The parts of a response that decide how a download goes on. */
export interface ResponseHead {
  readonly status: number;
  /** By lower-case name, as node:http has them. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** What a response means for a download that has `offset` bytes already. */
export type ResponseMeaning =
  /** Its body is the rest, from `offset` on. */
  | { readonly kind: 'continues'; readonly remote: RemoteFile }
  /** Its body is the whole file, from the first byte. */
  | { readonly kind: 'whole'; readonly remote: RemoteFile }
  /** All bytes are there already. */
  | { readonly kind: 'complete' }
  /** What we have is of no use: ask again for the whole file. */
  | { readonly kind: 'start-over' }
  /** The server cannot now, perhaps later. */
  | { readonly kind: 'try-again'; readonly afterMs: number | undefined }
  | { readonly kind: 'refused' };

/**
 * The value for If-Range, by which the server itself sees whether the file is
 * still the same (RFC 9110, 13.1.5): a strong ETag, else the date. Without either
 * a part cannot safely be continued.
 */
export function rangeCondition(remote: RemoteFile): string | undefined {
  if (remote.etag !== undefined && !remote.etag.startsWith('W/')) return remote.etag;
  return remote.lastModified;
}

/** Decides what a response means; `known` is what earlier responses said about the file. */
export function interpretResponse(
  { status, headers }: ResponseHead,
  offset: number,
  known: RemoteFile,
): ResponseMeaning {
  const text = (name: string): string | undefined => {
    const value = headers[name];
    return Array.isArray(value) ? value[0] : value;
  };
  const validators = { etag: text('etag'), lastModified: text('last-modified') };
  if (status === 200) {
    const totalBytes = wholeNumber(text('content-length'));
    return { kind: 'whole', remote: { ...validators, totalBytes } };
  }
  if (status === 206) {
    const range = parseContentRange(text('content-range'));
    const totalBytes = range?.total ?? known.totalBytes;
    const same =
      range?.first === offset &&
      agrees(known.totalBytes, totalBytes) &&
      agrees(known.etag, validators.etag) &&
      agrees(known.lastModified, validators.lastModified);
    if (!same) return { kind: 'start-over' };
    return { kind: 'continues', remote: { ...known, totalBytes } };
  }
  if (status === 416) {
    const total = parseContentRange(text('content-range'))?.total;
    return { kind: total === offset && total === known.totalBytes ? 'complete' : 'start-over' };
  }
  if (status === 408 || status === 429 || status >= 500) {
    const seconds = wholeNumber(text('retry-after'));
    return { kind: 'try-again', afterMs: seconds === undefined ? undefined : seconds * 1000 };
  }
  return { kind: 'refused' };
}

/** A server need not repeat what it said; what it repeats must not differ. */
function agrees<T>(known: T | undefined, now: T | undefined): boolean {
  return known === undefined || now === undefined || known === now;
}

/** Reads a Content-Range: `bytes 100-199/1000`, or with a star for what is not known. */
function parseContentRange(
  value: string | undefined,
): { readonly first: number | undefined; readonly total: number | undefined } | undefined {
  const match = /^bytes (?:(\d+)-\d+|\*)\/(\d+|\*)$/.exec(value ?? '');
  if (match === null) return undefined;
  return { first: wholeNumber(match[1]), total: wholeNumber(match[2]) };
}

function wholeNumber(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}
