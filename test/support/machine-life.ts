import {
  closeSync,
  openSync,
  readFileSync,
  readSync,
  readdirSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { decode } from 'fast-png';
import { expect } from 'vitest';
import { connectQmp } from '../../src/qmp/client.ts';
import type { Lab } from './lab.ts';

// The life of a machine, by every command that asks something of QEMU. It boots once: what is
// saved then is what the rest goes on from.

const bootId = 'cat /proc/sys/kernel/random/boot_id';

/** Lives through it in a lab over our minimal image; fails at whatever does not work. */
export async function liveThrough(lab: Lab): Promise<void> {
  const words: string[] = [];
  const succeeds = async (...args: readonly string[]): Promise<string> => {
    const { status, stdout, stderr } = await lab.run(...args);
    expect(status, `${args.join(' ')}\n${stdout}${stderr}`).toBe(0);
    // A fall back to a boot is no failure to its user, and is one here.
    expect(stderr, args.join(' ')).not.toMatch(/of no use|deprecated/);
    return stdout;
  };
  const inGuest = async (line: string): Promise<string> =>
    (await succeeds('ssh', '--', line)).trimEnd();
  const hearQemu = async (): Promise<void> => {
    words.push(await succeeds('logs', '--qemu'));
  };

  // Made by a boot; a copy and a machine go on from it.
  await succeeds('image', 'warm');
  const copy = JSON.parse(await succeeds('run', '--json', '--', 'sh', '-c', 'echo in the copy'));
  expect(copy).toMatchObject({ warm: true, stdout: 'in the copy\n' });
  await succeeds('up', '--detach');
  await hearQemu();
  expect(await stateOf(lab)).toBe('running');
  const boot = await inGuest(bootId);

  const picture = join(lab.folder, 'screen.png');
  await succeeds('screenshot', picture);
  expect(decode(readFileSync(picture)).width).toBeGreaterThan(600);

  writeFileSync(join(lab.folder, 'shared/of-host'), 'of the host\n');
  expect(await inGuest('cat /home/user/shared/of-host')).toBe('of the host');
  await inGuest('echo of the guest > /home/user/shared/of-guest');
  expect(readFileSync(join(lab.folder, 'shared/of-guest'), 'utf8')).toBe('of the guest\n');

  await inGuest('echo saved > /run/mem; echo saved > /root/disk');
  await succeeds('snapshot', 'save', 'before');
  await inGuest('echo later > /run/mem; echo later > /root/disk');

  await succeeds('suspend');
  expect(await stateOf(lab)).toBe('suspended');
  await succeeds('up', '--detach');
  await hearQemu();
  const seen = `cat /run/mem /root/disk /home/user/shared/of-host; ${bootId}`;
  expect(await inGuest(seen)).toBe(`later\nlater\nof the host\n${boot}`);
  expect(heldFiles(lab), 'QEMU holds a state that is deleted').toEqual([]);

  const from = ['run', '--json', '--from', 'before', '--', 'cat', '/run/mem'];
  expect(JSON.parse(await succeeds(...from))).toMatchObject({ warm: true, stdout: 'saved\n' });

  await succeeds('down', '--force');
  await succeeds('snapshot', 'restore', 'before');
  await succeeds('up', '--detach');
  await hearQemu();
  expect(await inGuest(seen)).toBe(`saved\nsaved\nof the host\n${boot}`);
  await expectCoreInfo(lab);

  await succeeds('sysrq', 'c');
  await expect
    .poll(async () => (await lab.run('oops')).stdout, { timeout: 120_000, interval: 1_000 })
    .toMatch(/sysrq/i);
  await succeeds('down', '--force');
  expect(words.join('')).not.toMatch(/warning|deprecated/i);
}

async function stateOf(lab: Lab): Promise<string> {
  const { stdout } = await lab.run('status', '--json');
  return (JSON.parse(stdout) as { state: string }).state;
}

/** Files of saved states that a process of this lab still has open. */
function heldFiles(lab: Lab): string[] {
  return lab.processes().flatMap((pid) => {
    const folder = `/proc/${pid}/fd`;
    return readdirSync(folder)
      .map((name) => readlinkSync(join(folder, name)))
      .filter((target) => target.includes('.vmstate'));
  });
}

/** A dump of the guest's memory has the kernel's note, from which debuggers know its layout. */
async function expectCoreInfo(lab: Lab): Promise<void> {
  const dump = join(lab.folder, 'memory.elf');
  const qmp = await connectQmp(lab.paths().qmpSocket);
  try {
    const args = { paging: false, protocol: `file:${dump}` };
    await qmp.execute('dump-guest-memory', args, { timeoutMs: 300_000 });
  } finally {
    qmp.close();
  }
  // The notes stand before the memory, behind the ELF header and its table.
  const start = Buffer.alloc(1 << 20);
  const file = openSync(dump, 'r');
  readSync(file, start, 0, start.length, 0);
  closeSync(file);
  rmSync(dump);
  expect(start.includes('VMCOREINFO\0')).toBe(true);
  expect(start.includes('OSRELEASE=')).toBe(true);
}
