import { createServer, type Server } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { describeHolder, probePort, suggestFreePort } from '../../../src/host/ports.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

async function listen(host: string): Promise<number> {
  const server = createServer();
  servers.push(server);
  await new Promise<void>((resolve) => server.listen({ host, port: 0 }, resolve));
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

describe('a port', () => {
  it('is taken by this very process', async () => {
    const port = await listen('127.0.0.1');
    const state = await probePort('127.0.0.1', port);
    expect(state).toMatchObject({ free: false, code: 'EADDRINUSE', holder: { pid: process.pid } });
    if (state.free || state.holder === undefined) throw new Error('no holder');
    expect(describeHolder(state.holder)).toContain(`pid ${process.pid}`);
  });

  it('is free once its holder is gone, and stays free after the probe', async () => {
    const port = await listen('127.0.0.1');
    await new Promise((resolve) => servers.pop()?.close(resolve));
    expect(await probePort('127.0.0.1', port)).toEqual({ free: true });
    expect(await probePort('127.0.0.1', port)).toEqual({ free: true });
  });

  it('has another one offered in its place', async () => {
    const port = await listen('127.0.0.1');
    const free = await suggestFreePort('127.0.0.1', port);
    expect(free).toBeGreaterThan(port);
    expect(await suggestFreePort('127.0.0.1', 65_536)).toBeUndefined();
  });

  it('cannot be bound on an address of somebody else', async () => {
    // 192.0.2.0/24 is for documentation (RFC 5737).
    const state = await probePort('192.0.2.1', 22_223);
    expect(state).toMatchObject({ free: false, code: 'EADDRNOTAVAIL', holder: undefined });
  });
});
