import { mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { builtModules, crashImage } from '../support/crash-image.ts';
import { testCache } from '../support/image.ts';
import { makeLab, type Lab } from '../support/lab.ts';
import { needsOfHost } from '../support/requirements.ts';

// A real guest whose kernel crashes, with the symbols of Debian's own kernel, and Debian's drgn and
// crash. The first run downloads the symbols: 860 MB.
needsOfHost('qemu', 'image-tools', 'ssh', 'drgn', 'crash', 'debian-source');

const symbolsCache = join(testCache, 'kernel-symbols');

async function labOn(action: 'keep' | 'pause'): Promise<Lab> {
  mkdirSync(symbolsCache, { recursive: true, mode: 0o700 });
  const lab = await makeLab({
    backing: await crashImage(),
    config: [`UTOPIA_ON_CRASH=${action}`, 'UTOPIA_MEMORY_MB=512'],
    env: { XDG_CACHE_HOME: symbolsCache },
  });
  const up = await lab.run('up', '--detach');
  expect(up.status, up.stderr).toBe(0);
  return lab;
}

interface Kept {
  readonly crashes: readonly { readonly function: string; readonly snapshot: string }[];
}

async function kept(lab: Lab): Promise<Kept['crashes']> {
  return (JSON.parse((await lab.run('crash', 'list', '--json')).stdout) as Kept).crashes;
}

async function stateOf(lab: Lab): Promise<unknown> {
  return (JSON.parse((await lab.run('status', '--json')).stdout) as { state: unknown }).state;
}

test(
  'drgn and crash open a kept crash, and show the task that died in its function',
  { timeout: 1_800_000 },
  async () => {
    await using lab = await labOn('keep');
    const symbols = await lab.run('kernel', 'symbols', '--yes', '--json');
    expect(symbols.status, symbols.stderr).toBe(0);
    const guest = async (command: string) => await lab.run('ssh', '--', command);
    const copied = await guest(`cp ${builtModules}/null_read.ko /home/user/shared/`);
    expect(copied.status, copied.stderr).toBe(0);
    await guest(`insmod ${builtModules}/null_read.ko`);
    await expect.poll(async () => (await kept(lab)).length, { timeout: 60_000 }).toBe(1);
    expect((await kept(lab))[0]).toMatchObject({
      ...{ function: 'null_read_value', snapshot: 'crash-1' },
    });
    // The guest goes on.
    expect((await guest('echo here')).stdout).toBe('here\n');

    const script = join(lab.folder, 'who.py');
    writeFileSync(
      script,
      'import sys\nthread = prog.thread(int(sys.argv[1]))\nprint(thread.object.comm.string_().decode())\nprint(thread.stack_trace())\n',
    );
    const shown = JSON.parse((await lab.run('crash', 'show', '--json')).stdout) as {
      readonly event: { readonly pid: number };
    };
    const drgn = await lab.run(
      ...['crash', 'open', '--with', 'drgn', '--', script, String(shown.event.pid)],
    );
    expect(drgn.status, drgn.stderr).toBe(0);
    expect(drgn.stdout).toMatch(/^insmod$/m);
    // A moment in a module without symbols of its own (of the screen, say) hides what is below.
    expect(drgn.stdout).toMatch(/^#0 +\w+ \(/m);
    const crash = await lab.runWithInput(
      'bt\nquit\n',
      ...['crash', 'open', '--with', 'crash', '--', '-s'],
    );
    expect(crash.stdout, crash.stderr).toMatch(/COMMAND: "insmod"/);
    expect(crash.stdout).toContain('null_read_value');

    // The module and the stacks lie where only the page tables say; gdb begins in the function.
    const gdb = await lab.run(
      ...['crash', 'open', '--with', 'gdb', '--modules', `${lab.folder}/shared`, '--'],
      ...['-batch', '-ex', 'backtrace'],
    );
    expect(gdb.stdout, gdb.stderr).toContain('Modules with symbols: null_read');
    expect(gdb.stdout).toMatch(/^#\d+ .* null_read_value .*null_read\.c:\d+$/m);
    expect(gdb.stdout).toMatch(/^#\d+ .* asm_exc_page_fault .*\n#\d+ .* null_read_value /m);
    expect(gdb.stdout).toMatch(/^#\d+ .* entry_SYSCALL_64 /m);

    // The moment is that of the report: its rest was not printed yet.
    const log = await lab.runWithInput(
      'log\nquit\n',
      ...['crash', 'open', '--with', 'crash', '--', '-s'],
    );
    expect(log.stdout).toContain('RIP: 0010:null_read_value');
    const tail = log.stdout.slice(log.stdout.indexOf('BUG: kernel NULL'));
    expect(tail).not.toContain('note: insmod');

    const now = await lab.run('drgn', script.replace('who.py', 'now.py'));
    expect(now.status).not.toBe(0);
    writeFileSync(
      join(lab.folder, 'now.py'),
      'print(prog["init_uts_ns"].name.sysname.string_())\n',
    );
    const live = await lab.run('drgn', 'now.py');
    expect(live.stdout, live.stderr).toContain('Linux');
    expect(readdirSync(lab.paths().stateDir).filter((name) => name.includes('drgn'))).toEqual([]);

    const copy = await lab.run('run', '--from', 'crash-1', '--', 'sh', '-c', 'echo in a copy');
    expect(copy.stdout, copy.stderr).toContain('in a copy');
    await lab.run('down', '--force');
  },
);

test('a guest that was paused at a crash goes on', { timeout: 900_000 }, async () => {
  await using lab = await labOn('pause');
  const dying = lab.start('ssh', '--', `insmod ${builtModules}/null_read.ko; echo went on`);
  await expect.poll(async () => await stateOf(lab), { timeout: 120_000 }).toBe('paused-at-crash');
  expect((await lab.run('oops')).stdout).toContain('null_read_value');
  const dump = await lab.run('dump', 'guest.elf', '--json');
  expect(JSON.parse(dump.stdout)).toMatchObject({ coreInfo: true, addresses: true });
  expect(statSync(join(lab.folder, 'guest.elf')).size).toBeGreaterThan(500_000_000);
  expect(await stateOf(lab)).toBe('paused-at-crash');
  expect((await lab.run('up', '--detach')).status).toBe(0);
  expect((await dying.ended).stdout).toContain('went on');
  expect(await stateOf(lab)).toBe('running');
  expect((await lab.run('ssh', '--', 'echo here')).stdout).toBe('here\n');
  await lab.run('down', '--force');
});

test(
  'gdb of a guest that is paused at its crash, and gdb and crash of one whose kernel has moved, have the symbols of its modules',
  { timeout: 1_800_000 },
  async () => {
    await using lab = await labOn('pause');
    const symbols = await lab.run('kernel', 'symbols', '--yes', '--json');
    expect(symbols.status, symbols.stderr).toBe(0);
    const guest = async (command: string) => await lab.run('ssh', '--', command);
    const copied = await guest(`cp ${builtModules}/null_read.ko /home/user/shared/`);
    expect(copied.status, copied.stderr).toBe(0);
    const dying = lab.start('ssh', '--', `insmod ${builtModules}/null_read.ko`);
    await expect.poll(async () => await stateOf(lab), { timeout: 300_000 }).toBe('paused-at-crash');
    const words = ['gdb', '--', '-batch', '-ex', 'info line null_read_value'];
    const paused = await lab.run(...words);
    expect(paused.stdout, paused.stderr).toContain('Modules with symbols: null_read');
    expect(paused.stdout).toMatch(/Line \d+ of ".*null_read\.c" starts at address 0xffffffffc0/);
    await dying.ended;

    // A boot with KASLR: images of others have it.
    const moved = await guest(
      "sed -i 's/ nokaslr//' /etc/default/grub.d/utopia.cfg && update-grub && sync",
    );
    expect(moved.status, moved.stderr).toBe(0);
    await lab.run('down', '--force');
    expect((await lab.run('up', '--detach')).status).toBe(0);
    const text = (await guest("grep ' _text$' /proc/kallsyms")).stdout.slice(0, 16);
    const found = await lab.run('gdb', '--', '-batch', '-ex', 'info address _text');
    const isMoved = text !== 'ffffffff81000000';
    expect(found.stdout.includes('has moved its addresses'), found.stdout).toBe(isMoved);
    expect(found.stdout).toContain(`0x${text}`);
    await lab.run('down', '--force');

    // A dump of such a kernel says by how much it has moved.
    expect((await lab.run('up', '--detach', '--on-crash', 'keep')).status).toBe(0);
    expect((await guest('cat /proc/cmdline')).stdout).not.toContain('nokaslr');
    await guest(`insmod ${builtModules}/null_read.ko`);
    await expect.poll(async () => (await kept(lab)).length, { timeout: 300_000 }).toBe(1);
    const gdb = await lab.run(
      ...['crash', 'open', '--with', 'gdb', '--modules', `${lab.folder}/shared`, '--'],
      ...['-batch', '-ex', 'backtrace'],
    );
    expect(gdb.stdout, gdb.stderr).toMatch(/^#\d+ .* null_read_value .*null_read\.c:\d+$/m);
    expect(gdb.stdout).toMatch(/^#\d+ .* entry_SYSCALL_64 /m);
    const crash = await lab.runWithInput(
      'bt\nquit\n',
      ...['crash', 'open', '--with', 'crash', '--', '-s'],
    );
    expect(crash.stdout, crash.stderr).toContain('null_read_value');
    await lab.run('down', '--force');
  },
);
