import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A server that has archives of sources, and what stands beside them. */
export interface SourceMirror extends AsyncDisposable {
  readonly url: string;
  /** By path, without the first slash. */
  readonly files: Record<string, Buffer>;
  /** Bytes after which the next archive is cut. */
  cutAt: number | undefined;
  /** Where the requests for archives began. */
  readonly starts: number[];
}

/** A server that has releases as kernel.org and download.qemu.org do. */
export async function startSourceMirror(files: Record<string, Buffer>): Promise<SourceMirror> {
  const mirror = { files, cutAt: undefined as number | undefined, starts: [] as number[] };
  const server = createServer((request, response) => {
    const body = files[(request.url ?? '').slice(1)];
    if (body === undefined) {
      response.writeHead(404).end();
      return;
    }
    const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
    const isArchive = /\.tar\.\w+$/.test(request.url ?? '');
    if (isArchive) mirror.starts.push(start);
    const range = `bytes ${start}-${body.length - 1}/${body.length}`;
    response.writeHead(start === 0 ? 200 : 206, {
      ...{ etag: '"one"', 'content-length': body.length - start },
      ...(start === 0 ? {} : { 'content-range': range }),
    });
    const cutAt = isArchive ? mirror.cutAt : undefined;
    if (isArchive) mirror.cutAt = undefined;
    if (cutAt === undefined) response.end(body.subarray(start));
    else response.write(body.subarray(start, cutAt), () => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return Object.assign(mirror, {
    url: `http://127.0.0.1:${port}/`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  });
}
