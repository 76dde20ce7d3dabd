import { request as requestHttp, type IncomingMessage } from 'node:http';
import { request as requestHttps } from 'node:https';
import { UtopiaError } from '../../errors.ts';
import { shownText, shownUrl } from './shown-url.ts';

/** A response whose body has not been read. */
export interface OpenResponse {
  readonly message: IncomingMessage;
  readonly status: number;
  /** Where redirects led. */
  readonly url: URL;
}

/** Bounds of a request. */
export interface RequestLimits {
  /** Longest silence of the server, before the response and within its body. */
  readonly stallMs: number;
  /** The bytes will be verified, so that a redirect may leave https. */
  readonly verified: boolean;
}

const mostRedirects = 10;

/**
 * Sends a GET and follows redirects. Node's own http is used, not fetch: fetch
 * unpacks a body marked `Content-Encoding: gzip`, and then neither ranges nor the
 * checksum fit. Throws `download-failed` for redirects that lead nowhere, and what
 * the connection throws.
 */
export async function openUrl(
  start: URL,
  headers: Readonly<Record<string, string>>,
  limits: RequestLimits,
  signal: AbortSignal,
): Promise<OpenResponse> {
  let url = start;
  for (let hop = 0; hop <= mostRedirects; hop += 1) {
    const message = await send(url, headers, limits.stallMs, signal);
    const status = message.statusCode ?? 0;
    const location = message.headers.location;
    if (![301, 302, 303, 307, 308].includes(status) || location === undefined) {
      return { message, status, url };
    }
    message.destroy();
    const next = resolveRedirect(location, url);
    if (next.protocol === 'http:' && url.protocol === 'https:' && !limits.verified) {
      throw new UtopiaError(
        'download-failed',
        `${url.host} sends from https to ${shownUrl(next)}, which anybody on the way could change.`,
        { hint: 'Give the checksum, so that it does not matter: --sha256 …' },
      );
    }
    url = withCredentials(next, url);
  }
  throw new UtopiaError('download-failed', `${shownUrl(start)} redirects in a circle.`, {
    details: [`After ${mostRedirects} redirects: ${shownUrl(url)}`],
    hint: 'Open it in a browser to see where the image is now.',
  });
}

/** User name and password go on to the same place only: scheme, host and port. */
function withCredentials(next: URL, from: URL): URL {
  if (next.origin !== from.origin || next.username !== '') return next;
  const url = new URL(next);
  url.username = from.username;
  url.password = from.password;
  return url;
}

function resolveRedirect(location: string, from: URL): URL {
  try {
    const next = new URL(location, from);
    if (next.protocol === 'http:' || next.protocol === 'https:') return next;
  } catch {
    // Said below.
  }
  throw new UtopiaError(
    'download-failed',
    `${shownUrl(from)} redirects to ${shownText(location)}: no web address.`,
    {
      hint: 'Open it in a browser to see where the image is now.',
    },
  );
}

async function send(
  url: URL,
  headers: Readonly<Record<string, string>>,
  stallMs: number,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const request = (url.protocol === 'https:' ? requestHttps : requestHttp)(url, {
    headers: { 'accept-encoding': 'identity', 'user-agent': 'utopia', ...headers },
    // One request a connection: a resumed download must not land on the broken one.
    agent: false,
    signal,
  });
  let message: IncomingMessage | undefined;
  request.setTimeout(stallMs, () => (message ?? request).destroy(new Stalled(stallMs)));
  request.end();
  return await new Promise((resolve, reject) => {
    request.once('response', (response) => {
      message = response;
      resolve(response);
    });
    // Stays for the response's life: an error after it would else end the process.
    request.on('error', reject);
  });
}

/** The server sent nothing for a while. */
export class Stalled extends Error {
  override readonly name = 'Stalled';

  constructor(stallMs: number) {
    super(`nothing came for ${Math.round(stallMs / 1000)} s`);
  }
}
