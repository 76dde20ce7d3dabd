import { createServer } from 'node:net';
import type { HostAddress } from '../../machine/plan.ts';

/** A port that nobody else can take meanwhile. */
export interface HeldPort {
  release(): Promise<void>;
}

/**
 * Listens at an address that QEMU is to have later, so that no other program takes it: whoever
 * connects is let go at once. Where it is taken already, QEMU will say so.
 */
export async function holdPort({ host, port }: HostAddress): Promise<HeldPort> {
  const server = createServer((socket) => socket.destroy());
  const held = await new Promise<boolean>((resolve) => {
    server.once('error', () => resolve(false));
    server.listen({ host, port, exclusive: true }, () => resolve(true));
  });
  if (held) server.unref();
  return {
    release: async () => {
      if (server.listening) await new Promise((resolve) => server.close(resolve));
    },
  };
}
