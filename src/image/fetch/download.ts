import { setTimeout as sleep } from 'node:timers/promises';
import { UtopiaError } from '../../errors.ts';
import { openUrl, type OpenResponse, type RequestLimits } from './http.ts';
import { interpretResponse, rangeCondition, type RemoteFile } from './resume-fetch.ts';
import { shownUrl } from './shown-url.ts';

/** What happens during a download, in order. */
export type DownloadEvent =
  /** What follows belongs to this file, from `offset` on: 0, or where a part ends. */
  | { readonly kind: 'opened'; readonly remote: RemoteFile; readonly offset: number }
  | { readonly kind: 'bytes'; readonly chunk: Buffer }
  /** The connection was cut, or the server asks to wait; the next attempt follows. */
  | { readonly kind: 'waiting'; readonly reason: string; readonly ms: number };

export interface DownloadOptions extends RequestLimits {
  readonly url: URL;
  /** A part that is there already, and what is known of its file. */
  readonly offset: number;
  readonly remote: RemoteFile;
  /** Pauses before the attempts that follow one without progress; after the last one it gives up. */
  readonly retryDelaysMs: readonly number[];
  readonly signal: AbortSignal;
}

/** Half a second to a minute and a half in all: long enough for a Wi-Fi that comes back. */
export const usualRetryDelaysMs: readonly number[] = [
  500, 1000, 2000, 5000, 10_000, 20_000, 40_000,
];

/** A server that names a time gets it, up to this. */
const longestWaitMs = 120_000;

/** What a first attempt fails with where a second one would fail the same way. */
const hopelessCodes = new Set(['ENOTFOUND', 'ECONNREFUSED', 'EPROTO', 'EACCES']);

/**
 * Downloads a file, from where a part ends, and goes on after cuts. The bytes come
 * in order and without gaps; after each `opened` they start at its offset, so an
 * offset of 0 after others means that everything so far is void. Ends when the
 * whole file was received. Throws `download-failed`.
 */
export async function* downloadFile(options: DownloadOptions): AsyncGenerator<DownloadEvent> {
  const { url, signal, retryDelaysMs } = options;
  let { remote, offset } = options;
  let failures = 0;
  let furthest = offset;
  let opened = false;
  for (;;) {
    let waitMs: number | undefined;
    let reason: string;
    try {
      if (rangeCondition(remote) === undefined) offset = 0;
      const response = await openUrl(url, rangeHeaders(offset, remote), options, signal);
      const meaning = interpretResponse(
        { status: response.status, headers: response.message.headers },
        offset,
        remote,
      );
      if (meaning.kind === 'complete') {
        response.message.destroy();
        yield { kind: 'opened', remote, offset };
        return;
      }
      if (meaning.kind === 'refused') throw refusal(response);
      if (meaning.kind === 'continues' || meaning.kind === 'whole') {
        if (meaning.kind === 'whole') offset = 0;
        remote = meaning.remote;
        opened = true;
        yield { kind: 'opened', remote, offset };
        for await (const chunk of response.message as AsyncIterable<Buffer>) {
          offset += chunk.length;
          // A server that ignores ranges and cuts at the same place makes no progress.
          if (offset > furthest) {
            furthest = offset;
            failures = 0;
          }
          yield { kind: 'bytes', chunk };
        }
        if (remote.totalBytes === undefined || offset === remote.totalBytes) return;
        reason = `the connection ended after ${offset} of ${remote.totalBytes} bytes`;
      } else {
        response.message.destroy();
        if (meaning.kind === 'start-over') {
          offset = 0;
          remote = {};
          reason = 'the file on the server has changed';
          waitMs = 0;
        } else {
          reason = `the server answers with status ${response.status}`;
          waitMs = meaning.afterMs;
        }
      }
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof UtopiaError) throw error;
      reason = reasonOf(error);
      const code = (error as NodeJS.ErrnoException).code ?? '';
      if (!opened && (hopelessCodes.has(code) || isCertificateError(code)))
        throw failure(url, reason, error);
    }
    const pause = retryDelaysMs[failures];
    failures += 1;
    if (pause === undefined) throw failure(url, reason, undefined);
    const ms = Math.min(waitMs ?? pause, longestWaitMs);
    yield { kind: 'waiting', reason, ms };
    await sleep(ms, undefined, { signal });
  }
}

function rangeHeaders(offset: number, remote: RemoteFile): Record<string, string> {
  const condition = rangeCondition(remote);
  if (offset === 0 || condition === undefined) return {};
  return { range: `bytes=${offset}-`, 'if-range': condition };
}

function isCertificateError(code: string): boolean {
  return /^(ERR_TLS_|CERT_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_)/.test(code);
}

function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  const known: Readonly<Record<string, string>> = {
    ECONNRESET: 'the connection was cut',
    ECONNREFUSED: 'nothing answers there (connection refused)',
    ENOTFOUND: 'its host name is not known',
    EAI_AGAIN: 'its host name cannot be looked up: is there a network?',
    ENETUNREACH: 'there is no network',
    EHOSTUNREACH: 'the host cannot be reached',
  };
  return known[code ?? ''] ?? message;
}

function refusal({ status, url }: OpenResponse): UtopiaError {
  const words: Readonly<Record<number, string>> = {
    401: 'it asks for a password',
    403: 'access is forbidden',
    404: 'there is no such file',
    410: 'the file was removed',
  };
  const word = words[status] ?? 'which utopia does not understand';
  return new UtopiaError(
    'download-failed',
    `${shownUrl(url)} answers with status ${status}: ${word}.`,
    {
      hint: 'Check the address in a browser.',
    },
  );
}

function failure(url: URL, reason: string, cause: unknown): UtopiaError {
  return new UtopiaError('download-failed', `${shownUrl(url)} cannot be fetched: ${reason}.`, {
    hint: 'Check address and network. The same command continues where it stopped.',
    cause,
  });
}
