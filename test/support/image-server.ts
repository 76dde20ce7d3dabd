import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';

/** How a server behaves; every field can be changed while it runs. */
export interface Behaviour {
  body: Buffer;
  etag: string | undefined;
  honoursRanges: boolean;
  /** Honours ranges but not If-Range. */
  ignoresIfRange: boolean;
  /** Bytes after which the next responses are cut; used up one by one. */
  cuts: number[];
  /** Bytes after which the next response falls silent. */
  stalls: number[];
  /** Statuses of the next responses. */
  statuses: number[];
  /** Content-Length to claim in place of the true one; null for none (chunked). */
  claimedLength: number | null | undefined;
  contentType: string;
  /** Runs before each response. */
  before: (() => void) | undefined;
  redirectTo: string | undefined;
}

/** A web server on the loopback with one image, as badly behaved as a test wants it. */
export interface ImageServer extends AsyncDisposable {
  readonly url: URL;
  readonly behaviour: Behaviour;
  /** Authorization headers and paths of the requests so far. */
  readonly requests: { readonly authorization: string | undefined; readonly path: string }[];
  /** Range headers of the requests so far. */
  readonly ranges: (string | undefined)[];
}

export async function startImageServer(body: Buffer, name = 'disk.raw'): Promise<ImageServer> {
  const behaviour: Behaviour = {
    body,
    etag: '"one"',
    honoursRanges: true,
    ignoresIfRange: false,
    cuts: [],
    stalls: [],
    statuses: [],
    claimedLength: undefined,
    contentType: 'application/octet-stream',
    before: undefined,
    redirectTo: undefined,
  };
  const ranges: (string | undefined)[] = [];
  const requests: ImageServer['requests'] = [];
  const server: Server = createServer((request, response) => {
    ranges.push(request.headers.range);
    const { authorization } = request.headers;
    requests.push({ authorization, path: request.url ?? '' });
    behaviour.before?.();
    answer(behaviour, request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: new URL(`http://127.0.0.1:${port}/images/${name}`),
    behaviour,
    ranges,
    requests,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function answer(behaviour: Behaviour, request: IncomingMessage, response: ServerResponse): void {
  const { body, etag } = behaviour;
  const status = behaviour.statuses.shift();
  if (behaviour.redirectTo !== undefined) {
    response.writeHead(302, { location: behaviour.redirectTo }).end();
    return;
  }
  if (status !== undefined) {
    response.writeHead(status).end('<html>an error page</html>');
    return;
  }
  const first = rangeStart(behaviour, request);
  if (first !== undefined && first >= body.length) {
    response.writeHead(416, { 'content-range': `bytes */${body.length}` }).end();
    return;
  }
  const rest = body.subarray(first ?? 0);
  const length = behaviour.claimedLength === undefined ? rest.length : behaviour.claimedLength;
  response.writeHead(first === undefined ? 200 : 206, {
    'content-type': behaviour.contentType,
    ...(etag === undefined ? {} : { etag }),
    ...(length === null ? {} : { 'content-length': length }),
    ...(first === undefined
      ? {}
      : { 'content-range': `bytes ${first}-${body.length - 1}/${body.length}` }),
  });
  const stall = behaviour.stalls.shift();
  if (stall !== undefined) {
    response.write(rest.subarray(0, stall));
    return;
  }
  const cut = behaviour.cuts.shift();
  if (cut === undefined || cut >= rest.length) {
    response.end(rest);
    return;
  }
  // Only once they have left: a reset drops what is still queued.
  response.write(rest.subarray(0, cut), () => response.destroy());
}

function rangeStart(behaviour: Behaviour, request: IncomingMessage): number | undefined {
  const match = /^bytes=(\d+)-$/.exec(request.headers.range ?? '');
  if (match === null || !behaviour.honoursRanges) return undefined;
  const condition = request.headers['if-range'];
  const changed = condition !== undefined && condition !== behaviour.etag;
  return changed && !behaviour.ignoresIfRange ? undefined : Number(match[1]);
}
