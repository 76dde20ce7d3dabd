export interface FetchOptions {
  readonly url: URL;
  /** Absolute path of the image; nothing may be there. */
  readonly output: string;
  /** Mode of the finished image, such as 0400. */
  readonly mode: number;
  /** What the downloaded bytes must hash to, 64 hexadecimal digits in lower case. */
  readonly sha256?: string | undefined;
  readonly signal: AbortSignal;
  readonly report: (event: FetchEvent) => void;
  readonly retryDelaysMs?: readonly number[];
  readonly stallMs?: number;
}

/** What happens while an image is fetched. */
export type FetchEvent =
  /** Bytes are coming, from `offset` on; a second one with 0 means that the server made us start over. */
  | { readonly kind: 'opened'; readonly offset: number; readonly totalBytes: number | undefined }
  | { readonly kind: 'received'; readonly bytes: number; readonly totalBytes: number | undefined }
  | { readonly kind: 'waiting'; readonly reason: string; readonly ms: number };

/** An image that was fetched, finished and read-only. */
export interface FetchedImage {
  readonly path: string;
  readonly format: 'raw' | 'qcow2';
  readonly downloadedBytes: number;
  /** Length of the image, and the bytes it occupies. */
  readonly imageBytes: number;
  readonly allocatedBytes: number;
  /** SHA-256 of the bytes as downloaded. */
  readonly sha256: string;
  /** Whether they were compared with a given one. */
  readonly verified: boolean;
}
