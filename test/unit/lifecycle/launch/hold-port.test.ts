import { createServer, connect, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { holdPort } from '../../../../src/lifecycle/launch/hold-port.ts';

test('a port is held until it is let go: nobody else takes it, and who connects is let go', async () => {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');

  const held = await holdPort({ host: '127.0.0.1', port });
  const visitor = connect(port, '127.0.0.1');
  visitor.on('error', () => {});
  await once(visitor, 'close');
  const other = createServer().listen(port, '127.0.0.1');
  const [error] = (await once(other, 'error')) as [NodeJS.ErrnoException];
  expect(error.code).toBe('EADDRINUSE');
  await held.release();
  const now = createServer().listen(port, '127.0.0.1');
  await once(now, 'listening');

  // One that is taken already is left to QEMU's own words.
  await (await holdPort({ host: '127.0.0.1', port })).release();
  now.close();
});
