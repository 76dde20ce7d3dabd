import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connectQmp, type QmpClient } from '../../src/qmp/client.ts';
import { humanMonitor } from '../../src/qmp/queries.ts';

// A real QEMU whose processor stands still; the test plays the guest's serial
// driver by reading the UART's registers through the monitor.
/** COM2: data, FIFO control, line status (16550A data sheet). */
const uart = { data: 0x2f8, fifo: 0x2fa, status: 0x2fd } as const;

/** A QEMU that stands still, and its second serial port as its guest sees it. */
export interface HaltedGuest extends AsyncDisposable {
  readonly socket: string;
  /** Waits for the first byte; gives it and all that come while the UART is being read. */
  readAll(): Promise<Buffer>;
  /** What Linux does when the port is opened: both FIFOs are on, and cleared. */
  openPort(): Promise<void>;
}

/** Starts one, with its sockets in `folder`; the halted program is ended with it. */
export async function startHaltedGuest(folder: string): Promise<HaltedGuest> {
  const socket = join(folder, 's.sock');
  const qmp = join(folder, 'q.sock');
  const qemu: ChildProcess = spawn(
    'qemu-system-x86_64',
    [
      '-S',
      '-accel',
      'tcg',
      '-display',
      'none',
      '-nodefaults',
      '-device',
      'isa-serial,chardev=s,index=1',
    ].concat([
      '-chardev',
      `socket,id=s,path=${socket},server=on,wait=off`,
      '-qmp',
      `unix:${qmp},server=on,wait=off`,
    ]),
    { stdio: 'ignore' },
  );
  let monitor: QmpClient | undefined;
  while (monitor === undefined) {
    if (qemu.exitCode !== null) throw new Error(`QEMU ended: ${qemu.exitCode}`);
    monitor = await connectQmp(qmp).catch(() => undefined);
    await sleep(20);
  }
  const client = monitor;
  const port = async (address: number): Promise<number> =>
    Number(/= (0x[\da-f]+)/.exec(await humanMonitor(client, `i /b ${address}`))?.[1]);
  return {
    socket,
    readAll: async () => {
      const bytes: number[] = [];
      for (let quiet = 0; quiet < 5;) {
        if (((await port(uart.status)) & 1) === 0) {
          if (bytes.length > 0) quiet += 1;
          await sleep(10);
        } else {
          bytes.push(await port(uart.data));
          quiet = 0;
        }
      }
      return Buffer.from(bytes);
    },
    openPort: async () => void (await humanMonitor(client, `o /b ${uart.fifo} 7`)),
    [Symbol.asyncDispose]: async () => {
      client.close();
      qemu.kill('SIGKILL');
      await new Promise((resolve) => qemu.once('close', resolve));
    },
  };
}
