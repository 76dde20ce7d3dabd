import { once } from 'node:events';
import { connect } from 'node:net';
import { openDeadline } from '../system/deadline.ts';
import type { QmpClient } from './client.ts';
import { humanMonitor, queryCharacterDevices, queryStatus, resume } from './queries.ts';

/** QEMU's gdb stub: closed, listening, or with a debugger that is connected. */
export type GdbStub = 'closed' | 'open' | 'attached';

/** The label that QEMU gives the stub's character device (gdbstub: `qemu_chr_new_noreplay("gdb", …)`). */
const stubLabel = 'gdb';

export async function queryGdbStub(client: QmpClient): Promise<GdbStub> {
  const devices = await queryCharacterDevices(client);
  const stub = devices.find(({ label }) => label === stubLabel);
  if (stub === undefined) return 'closed';
  return stub.filename.startsWith('disconnected:') ? 'open' : 'attached';
}

/**
 * Has QEMU listen for a debugger at a Unix socket; the guest runs on until one connects. Gives
 * QEMU's complaint where it does not, else undefined.
 */
export async function openGdbStub(client: QmpClient, socket: string): Promise<string | undefined> {
  const device = `unix:${socket.replaceAll(',', ',,')},server=on,wait=off`;
  const quoted = device.replaceAll(/["\\]/g, String.raw`\$&`);
  const said = await humanMonitor(client, `gdbserver "${quoted}"`);
  return (await queryGdbStub(client)) === 'closed' ? said.trim() : undefined;
}

/**
 * Ends the stub, lets go of who is connected, takes out the breakpoints that are left, and with
 * `resumes` has a guest that it had stopped go on; one that ran goes on in any case. `socket` is where
 * the stub is opened for that.
 */
export async function closeGdbStub(
  client: QmpClient,
  socket: string,
  resumes: boolean,
): Promise<void> {
  const { running } = await queryStatus(client);
  if (
    (await queryGdbStub(client)) !== 'closed' &&
    (await openGdbStub(client, socket)) === undefined
  ) {
    await removeBreakpoints(socket);
  }
  await humanMonitor(client, 'gdbserver none');
  const { status } = await queryStatus(client);
  if ((running || resumes) && (status === 'paused' || status === 'debug')) await resume(client);
}

/** QEMU answers at once, but on a host that is busy. */
const answerMs = 10_000;

/**
 * A debugger that was killed, or that lost its guest while that ran, leaves its breakpoints in QEMU:
 * the guest would stop at them with nobody there. QEMU removes all when a debugger asks why the guest
 * is stopped (the remote protocol's `?`; gdbstub: `handle_target_halt`), as gdb does first. Never throws.
 */
async function removeBreakpoints(path: string): Promise<void> {
  const deadline = openDeadline(answerMs);
  const stub = connect(path);
  stub.on('error', () => {});
  try {
    await once(stub, 'connect', { signal: deadline.signal });
    stub.write('$?#3f');
    await once(stub, 'data', { signal: deadline.signal });
  } catch {
    // QEMU has ended, or is too busy: the next debugger's first question does it.
  } finally {
    deadline.stop();
    stub.destroy();
  }
}
