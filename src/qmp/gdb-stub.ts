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

/** Ends the stub, lets go of who is connected, and with `resumes` has a guest that it had stopped go on. */
export async function closeGdbStub(client: QmpClient, resumes: boolean): Promise<void> {
  await humanMonitor(client, 'gdbserver none');
  const { status } = await queryStatus(client);
  if (resumes && (status === 'paused' || status === 'debug')) await resume(client);
}
