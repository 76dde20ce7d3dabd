import { createServer, type Server } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { describeHolder, probePort, suggestFreePort } from '../../../src/host/port-state.ts';

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
    const { startedAt } = state.holder;
    const age = Date.now() - (startedAt?.getTime() ?? 0);
    // The clock may have been set since the boot; the kernel counts in hundredths.
    expect(Math.abs(age - process.uptime() * 1000)).toBeLessThan(60_000);
    const inThreeHours = new Date((startedAt?.getTime() ?? 0) + 3.5 * 3_600_000);
    expect(describeHolder(state.holder, inThreeHours)).toMatch(
      new RegExp(`, pid ${process.pid} of .+, started 3 h ago$`),
    );
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

const holder = { program: 'nginx', uid: 33, user: undefined, startedAt: undefined };

it.each([
  [{ ...holder, pid: 7, user: 'www-data' }, 'nginx, pid 7 of www-data'],
  [{ ...holder, pid: 7, startedAt: new Date(0) }, 'nginx, pid 7 of user id 33, started 2 days ago'],
  [{ ...holder, pid: undefined }, 'a process of user id 33 that you may not look into'],
  [undefined, 'a process that cannot be seen from here (another container or network namespace)'],
])('%j: %s', (who, words) => {
  expect(describeHolder(who, new Date(48 * 3_600_000))).toBe(words);
});
