import { once } from 'node:events';
import { createServer, connect, type Server, type Socket } from 'node:net';
import { expect, test } from 'vitest';
import { UtopiaError } from '../../../src/errors.ts';
import {
  connectAlone,
  formatAddress,
  type Gate,
  type GateAddress,
} from '../../../src/guest/private-connection.ts';
import { readBannerFrom } from '../../../src/guest/ssh-banner.ts';

const signal = new AbortController().signal;

/** A table that does not have our connection: it waits to be accepted. */
const emptyTable = (): Promise<string> => Promise.resolve('');

/** A gate that really listens; who comes in gets a banner once the guest goes on. */
function makeGate(changes: { readonly onOpen?: (address: GateAddress) => Promise<void> } = {}) {
  const said: string[] = [];
  const opened: GateAddress[] = [];
  const clients = new Set<Socket>();
  let server: Server | undefined;
  const gate: Gate = {
    freeze: () => {
      said.push('freeze');
      return Promise.resolve(() => {
        said.push('go on');
        for (const client of clients) client.write('SSH-2.0-guest\r\n');
        return Promise.resolve();
      });
    },
    open: async ({ host, port }) => {
      said.push('open');
      opened.push({ host, port });
      server = createServer((socket) => {
        clients.add(socket);
        socket.on('error', () => {});
        socket.on('close', () => clients.delete(socket));
      });
      server.listen(port, host);
      await once(server, 'listening');
      await changes.onOpen?.({ host, port });
    },
    close: () => {
      said.push('close');
      server?.close();
      return Promise.resolve();
    },
    countAccepted: () => Promise.resolve(clients.size),
  };
  const end = (): void => {
    for (const client of clients) client.destroy();
  };
  return { gate, said, opened, clients, end };
}

test('the listener is there while the guest stands still, and gone when it goes on', async () => {
  const { gate, said, opened, end } = makeGate();
  const socket = await connectAlone(gate, signal);
  expect(said).toEqual(['freeze', 'open', 'close', 'go on']);
  const [address] = opened;
  if (address === undefined) throw new Error('it was not opened');
  expect(address.host).toMatch(/^127\.\d+\.\d+\.\d+$/);
  const late = connect(address);
  const [error] = (await once(late, 'error')) as [NodeJS.ErrnoException];
  expect(error.code).toBe('ECONNREFUSED');
  // Not a byte was taken from whoever gets the connection.
  expect(await readBannerFrom(socket, { signal })).toBe('SSH-2.0-guest');
  end();
});

test('two connections do not have the same address', async () => {
  const { gate, opened, end } = makeGate();
  for (let made = 0; made < 2; made += 1) (await connectAlone(gate, signal)).destroy();
  expect(opened[0]).not.toEqual(opened[1]);
  end();
});

test('whoever connects, too, meets a guest that never goes on', async () => {
  const strangers: Socket[] = [];
  const { gate, said, clients, end } = makeGate({
    onOpen: async (address) => {
      const stranger = connect(address);
      strangers.push(stranger);
      stranger.on('error', () => {});
      await expect.poll(() => clients.size).toBe(1);
    },
  });
  await expect(connectAlone(gate, signal)).rejects.toMatchObject({ code: 'guest-exposed' });
  expect(said).toEqual(['freeze', 'open', 'close']);
  expect(strangers[0]?.bytesRead).toBe(0);
  end();
});

test('only the stranger’s connection is accepted: the same', async () => {
  const { gate, said, clients, end } = makeGate({
    onOpen: async (address) => {
      connect(address).on('error', () => {});
      await expect.poll(() => clients.size).toBe(1);
    },
  });
  const slow = { ...gate, countAccepted: () => Promise.resolve(1) };
  await expect(connectAlone(slow, signal, emptyTable)).rejects.toMatchObject({
    code: 'guest-exposed',
  });
  expect(said.at(-1)).toBe('close');
  end();
});

test('an address that is taken is left for another', async () => {
  const { gate, opened, end } = makeGate();
  let busy = true;
  const open = async (address: GateAddress): Promise<void> => {
    if (busy) {
      busy = false;
      throw new UtopiaError('port-busy', 'taken');
    }
    await gate.open(address);
  };
  (await connectAlone({ ...gate, open }, signal)).destroy();
  expect(opened).toHaveLength(1);
  end();
});

test('an address is written as the kernel writes it', () => {
  // As /proc/net/tcp of x86 has it.
  expect(formatAddress({ host: '127.19.8.7', port: 34_567 })).toBe('0708137F:8707');
  expect(formatAddress({ host: '', port: 0 })).toBe('');
});
