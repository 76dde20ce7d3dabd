import {
  existsSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readCoreHead } from '../../src/vmcore/elf-core.ts';
import { makeLab, type Lab } from '../support/lab.ts';
import { needsOfHost } from '../support/requirements.ts';
import { directMap, mappings, written } from '../support/stand-in-qemu/memory.mjs';

// QEMU is a stand-in with 4 MiB of memory; real guests are in test/slow.
needsOfHost('qemu');

/** What a debugger would read at an address of the kernel's. */
function readVirtual(file: string, address: bigint, bytes: number): string {
  const dump = readFileSync(file);
  const reading = readCoreHead(dump);
  if (reading.kind !== 'head') throw new Error(JSON.stringify(reading));
  for (const { virtual, offset, fileBytes } of reading.head.programs) {
    const at = address - virtual;
    if (virtual === 0n || at < 0n || at >= fileBytes) continue;
    return dump.toString('latin1', Number(offset + at), Number(offset + at) + bytes);
  }
  return '';
}

/** What lies about: in the lab, and pipes in the machine's folder. */
function leftIn(lab: Lab): string[] {
  const pipes = readdirSync(lab.paths().runtimeDir).filter((name) => name.startsWith('dump'));
  return [...readdirSync(lab.folder).filter((name) => /elf|draft/.test(name)), ...pipes].toSorted();
}

async function stateOf(lab: Lab): Promise<unknown> {
  return (JSON.parse((await lab.run('status', '--json')).stdout) as { state: unknown }).state;
}

test.each([{}, { notes: false }])(
  'a dump has the kernel’s own addresses, also where the guest has told no notes: %s',
  async (dump) => {
    await using lab = await makeLab({ scenario: { dump }, config: ['UTOPIA_NAME=ask1'] });
    expect(await lab.run('dump', 'guest.elf')).toMatchObject({ status: 69 });
    await lab.run('up', '--detach', '--no-wait');
    const made = await lab.run('dump', 'guest.elf', '--json');
    expect(made, made.stderr).toMatchObject({ status: 0, stderr: '' });
    const file = join(lab.folder, 'guest.elf');
    expect(JSON.parse(made.stdout)).toMatchObject({
      ...{ schema: 1, file, format: 'elf', coreInfo: true, addresses: true },
      bytes: statSync(file).size,
    });
    expect(statSync(file).mode & 0o777).toBe(0o600);
    // Pages that were never written take no room.
    expect(statSync(file).blocks * 512).toBeLessThan(1024 * 1024);
    const { text, physical } = written;
    expect(readVirtual(file, directMap + physical, text.length)).toBe(text);
    expect(readVirtual(file, 0xffffffff80000000n + physical, text.length)).toBe(text);
    // A stack of the kernel's has that page, too.
    const stack = mappings.find((each) => each.physical === physical)?.virtual ?? 0n;
    expect(readVirtual(file, stack, text.length)).toBe(text);
    expect(leftIn(lab)).toEqual(['guest.elf']);
    expect(await stateOf(lab)).toBe('running');
  },
);

test('a file that is there stays, unless --force says so; what is no file stays in any case', async () => {
  await using lab = await makeLab({ scenario: {} });
  await lab.run('up', '--detach', '--no-wait');
  writeFileSync(join(lab.folder, 'mine.elf'), 'mine');
  symlinkSync('mine.elf', join(lab.folder, 'link.elf'));
  const taken = await lab.run('dump', 'mine.elf');
  expect(taken).toMatchObject({ status: 73 });
  expect(taken.stderr).toContain('--force');
  for (const words of [['/dev/null'], ['-f', '/dev/null'], ['-f', 'link.elf'], ['no/such/../..']])
    expect(await lab.run('dump', ...words), words.join(' ')).toMatchObject({ status: 73 });
  expect(readFileSync(join(lab.folder, 'mine.elf'), 'utf8')).toBe('mine');
  expect(await lab.run('dump', '-f', 'mine.elf')).toMatchObject({ status: 0 });
  expect(readFileSync(join(lab.folder, 'mine.elf')).length).toBeGreaterThan(4_000_000);
});

/** Writes for minutes: nobody waits for its end. */
const slow = { pieces: 4096, betweenMs: 50 };

async function draftIn(lab: Lab): Promise<void> {
  await expect
    .poll(() => readdirSync(lab.folder).some((name) => name.endsWith('.draft')))
    .toBe(true);
  await expect.poll(async () => await stateOf(lab)).not.toBe('running');
}

test('Ctrl-C ends a dump: nothing of it is left, and the guest goes on', async () => {
  await using lab = await makeLab({ scenario: { dump: slow } });
  await lab.run('up', '--detach', '--no-wait');
  const dumping = lab.start('dump', 'guest.elf');
  await draftIn(lab);
  dumping.child.kill('SIGINT');
  expect(await dumping.ended).toMatchObject({ status: 130 });
  expect(leftIn(lab)).toEqual([]);
  expect(await stateOf(lab)).toBe('running');
});

test('a utopia that is killed leaves a guest that goes on, and the next dump takes its rest away', async () => {
  await using lab = await makeLab({ scenario: { dump: slow } });
  await lab.run('up', '--detach', '--no-wait');
  const dumping = lab.start('dump', 'guest.elf');
  await draftIn(lab);
  dumping.child.kill('SIGKILL');
  await dumping.ended;
  await expect.poll(async () => await stateOf(lab)).toBe('running');
  const next = lab.start('dump', 'guest.elf');
  const own = new RegExp(String.raw`\b${next.child.pid}\b`);
  await expect
    .poll(() => leftIn(lab))
    .toEqual([expect.stringMatching(own) as string, expect.stringMatching(own) as string]);
  next.child.kill('SIGINT');
  await next.ended;
  expect(leftIn(lab)).toEqual([]);
});

test('a machine that ends in the midst of it is told of, and nothing is left', async () => {
  await using lab = await makeLab({ scenario: { dump: slow } });
  await lab.run('up', '--detach', '--no-wait');
  const dumping = lab.start('dump', 'guest.elf');
  await draftIn(lab);
  const { qemu } = JSON.parse(readFileSync(lab.paths().stateFile, 'utf8')) as {
    readonly qemu: { readonly pid: number };
  };
  process.kill(qemu.pid, 'SIGKILL');
  expect(await dumping.ended).toMatchObject({ status: 69 });
  expect(existsSync(join(lab.folder, 'guest.elf'))).toBe(false);
  expect(readdirSync(lab.folder).filter((name) => name.endsWith('.draft'))).toEqual([]);
});

test('no room: neither beforehand nor in the midst of it is anything left, and the guest goes on', async () => {
  await using lab = await makeLab({
    scenario: {},
    config: ['UTOPIA_MEMORY_MB=1024'],
    within: ['bash', '-c', 'ulimit -f 1024; exec "$@"', 'bash'],
  });
  await lab.run('up', '--detach', '--no-wait');
  const broken = await lab.run('dump', 'guest.elf', '--format', 'kdump');
  expect(broken.stderr.replaceAll(/\s+/g, ' ')).toContain('larger than is allowed');
  expect(broken).toMatchObject({ status: 73 });
  expect(leftIn(lab)).toEqual([]);
  expect(await stateOf(lab)).toBe('running');
});
