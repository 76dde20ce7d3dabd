import { spawnSync } from 'node:child_process';
import { appendFileSync, copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import { makeLab, type Lab } from '../support/lab.ts';
import { needsOfHost } from '../support/requirements.ts';

const logs = join(import.meta.dirname, '../../fixtures/logs');
const crashes = join(logs, 'crashes');
const builtProgram = join(import.meta.dirname, '../../bin/utopia.js');

/** Puts a recorded log where the machine's own would be. */
function placeLog(lab: Lab, name: string, recorded: string): void {
  const { consoleLog } = lab.paths();
  mkdirSync(dirname(consoleLog), { recursive: true });
  copyFileSync(recorded, join(dirname(consoleLog), name));
}

describe('a saved log', () => {
  test('the card: kind, task, place, meaning, next step; no colour in a pipe', async () => {
    await using lab = await makeLab({});
    const { status, stdout, stderr } = await lab.run(
      'oops',
      '--log',
      join(crashes, 'debian-null-read.txt'),
    );
    expect(status, stderr).toBe(0);
    expect(stdout).toMatch(
      /^NULL pointer read in null_read_value, module null_read +task insmod \(pid \d+\)\n/,
    );
    expect(stdout).toContain('  null_read_init+0x');
    expect(stdout.replaceAll(/\s+/g, ' ')).toContain(
      'the field at offset 40 of a structure whose pointer is NULL',
    );
    expect(stdout).toContain('Look at null_read_value, and at what it takes for granted.');
    expect(stdout).toMatch(/^ {2}next {3}/m);
    expect(stdout).toContain('No null_read.ko with debug information');
    expect(stdout).not.toContain('\u001B');
    expect(stdout.split('\n').filter((line) => line.length > 80)).toEqual([]);
  });

  test('JSON has every crash, --last the latest ones', async () => {
    await using lab = await makeLab({});
    const log = join(crashes, 'debian-many.txt');
    const all = JSON.parse((await lab.run('oops', '--log', log, '--json')).stdout);
    expect(all).toMatchObject({ schema: 1, log, omitted: 0 });
    expect(all.events.map(({ kind }: { kind: string }) => kind)).toEqual([
      ...['bug', 'warning', 'list-corruption', 'atomic-sleep', 'usercopy', 'refcount'],
      'stack-overflow',
    ]);
    const last = JSON.parse((await lab.run('oops', '--log', log, '--json', '--last', '1')).stdout);
    expect(last.omitted).toBe(6);
    expect(last.events).toMatchObject([
      {
        kind: 'stack-overflow',
        function: 'faulty_recurse',
        module: 'faulty',
        panic: 'Fatal exception in interrupt',
        tainted: 'G D W OE',
      },
    ]);
    const card = await lab.run('oops', '--log', log);
    expect(card.stdout).toMatch(/^BUG in faulty_bug/);
    expect(card.stdout.replaceAll(/\s+/g, ' ')).toMatch(
      /6 crashes after it in this boot, the last: .*faulty_recurse.* utopia oops --all/,
    );
    const latest = await lab.run('oops', '--log', log, '--last', '1');
    expect(latest.stdout).toContain(
      '6 crashes before it in this boot, the first: BUG in faulty_bug',
    );
    const whole = (await lab.run('oops', '--log', log, '--all')).stdout;
    expect(whole).toMatch(/^BUG in faulty_bug[^]*faulty_recurse/);
    expect(whole).not.toContain('in this boot');
  });

  test('no crash, no file, a wrong number', async () => {
    await using lab = await makeLab({});
    const none = await lab.run('oops', '--log', join(crashes, 'near-words.txt'));
    expect(none).toMatchObject({ status: 0, stderr: '' });
    expect(none.stdout.replaceAll('\n', ' ')).toMatch(
      /No crash in .*near-words\.txt \(1\.\d kB\)\./,
    );
    const missing = await lab.run('oops', '--log', 'nowhere.log');
    expect(missing.status).toBe(69);
    expect(missing.stderr).toContain('there is no such file');
    expect(missing.stderr).toMatch(/^ {2}Do {2}/m);
    expect((await lab.run('oops', '--last', '0')).status).toBe(64);
  });

  test('a config with errors does not keep a saved log from being read', async () => {
    await using lab = await makeLab({ config: ['UTOPIA_CPUS=none'] });
    const log = join(crashes, 'debian-divide.txt');
    expect((await lab.run('oops', '--log', log)).stdout).toMatch(/^Division by zero/);
    expect((await lab.run('oops')).status).toBe(78);
  });
});

/** Runs a line of the shell, in which $U is the program: a real pipe, as a person's. */
const shell = async (lab: Lab, line: string): Promise<string> => {
  const words = line.replaceAll('$U', `'${process.execPath}' '${builtProgram}'`);
  const options = { cwd: lab.folder, env: lab.env, extendEnv: false, stdin: 'ignore' } as const;
  return (await execa('/bin/sh', ['-c', words], options)).stdout;
};

describe('a log as people have it', () => {
  const log = join(crashes, 'debian-divide.txt');
  const text = readFileSync(log);
  const found = /^Division by zero in faulty_divide, module faulty/;
  test.each([
    ['a name', `$U oops '${log}'`],
    ['-', `$U oops - <'${log}'`],
    ['a pipe and -', `cat '${log}' | $U oops -`],
    ['a pipe alone', `cat '${log}' | $U oops`],
    ['--log -', `cat '${log}' | $U oops --log -`],
    ['packed, through a pipe', `gzip -c '${log}' | $U oops`],
  ])('%s', async (_, line) => {
    await using lab = await makeLab({});
    expect(await shell(lab, line)).toMatch(found);
  });

  test('an empty pipe, and none, mean the machine’s own', async () => {
    await using lab = await makeLab({});
    placeLog(lab, 'console.log', join(crashes, 'debian-bug.txt'));
    for (const line of [': | $U oops', '$U oops', '$U oops </dev/null']) {
      expect(await shell(lab, line)).toMatch(/^BUG in faulty_bug/);
    }
  });

  test.each([
    ['gzip', gzipSync(text)],
    ['gzip, cut off', gzipSync(text).subarray(0, -200)],
    [
      'gzip of two parts',
      Buffer.concat([gzipSync(text.subarray(0, 5000)), gzipSync(text.subarray(5000))]),
    ],
    ['UTF-16 with its mark', Buffer.from(`\uFEFF${text.toString('latin1')}`, 'utf16le')],
    ['UTF-16 without it', Buffer.from(text.toString('latin1'), 'utf16le')],
    ['UTF-16, big end first', Buffer.from(`\uFEFF${text.toString('latin1')}`, 'utf16le').swap16()],
    ['UTF-8 with a mark', Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), text])],
    ['Latin-1', Buffer.concat([Buffer.from('Gr\xfc\xdfe\n', 'latin1'), text])],
    ['packed UTF-16', gzipSync(Buffer.from(`\uFEFF${text.toString('latin1')}`, 'utf16le'))],
  ])('%s', async (_, bytes) => {
    await using lab = await makeLab({});
    writeFileSync(join(lab.folder, 'saved'), bytes);
    const { stdout, stderr } = await lab.run('oops', 'saved');
    expect(stderr).toBe('');
    expect(stdout).toMatch(found);
  });

  test.each(['xz', 'bzip2', 'zstd', 'lz4'])('%s, where the host has it', async (program) => {
    await using lab = await makeLab({});
    const packed = spawnSync(program, ['-c'], { input: text });
    if (packed.error !== undefined || packed.status !== 0) {
      // Its first bytes are enough to name what is missing.
      const magic =
        { xz: 'fd377a585a00', zstd: '28b52ffd', bzip2: '425a68', lz4: '04224d18' }[program] ?? '';
      writeFileSync(join(lab.folder, 'saved'), Buffer.from(magic + '00'.repeat(64), 'hex'));
      const { status, stderr } = await lab.run('oops', 'saved');
      expect(status).toBe(69);
      expect(stderr).toContain('sudo apt install');
      return;
    }
    writeFileSync(join(lab.folder, 'saved'), packed.stdout);
    expect((await lab.run('oops', 'saved')).stdout).toMatch(found);
    writeFileSync(join(lab.folder, 'damaged'), packed.stdout.fill(0, 12));
    const damaged = await lab.run('oops', 'damaged');
    expect(damaged.status, damaged.stdout).toBe(69);
    expect(damaged.stderr).toContain('cannot be unpacked');
  });

  test('two logs, and heads that nobody understands', async () => {
    await using lab = await makeLab({});
    expect((await lab.run('oops', log, '--log', 'other')).status).toBe(64);
    const strange = text
      .toString('latin1')
      .replaceAll(
        /^\[ *\d+\.\d+\] ?/gm,
        () => `~${Math.random().toString(36).replaceAll(/\d/g, '').slice(2, 7)}~`,
      );
    writeFileSync(join(lab.folder, 'strange'), strange);
    const { status, stdout } = await lab.run('oops', 'strange');
    expect(status).toBe(0);
    expect(stdout.replaceAll(/\s+/g, ' ')).toMatch(
      /No crash in .* looks like a kernel’s log, but what stands before .* is not understood: ~/,
    );
    writeFileSync(join(lab.folder, 'busy'), 'rmmod: ERROR: Module lunix is in use\n');
    expect((await lab.run('oops', 'busy')).stdout).toContain('lunix is in use: a program');
  });
});

describe('the machine’s own log', () => {
  test('a machine that was never started has none', async () => {
    await using lab = await makeLab({});
    expect(await lab.run('oops')).toMatchObject({ status: 69 });
  });

  test('no crash since this start, and what the last one was', async () => {
    await using lab = await makeLab({});
    placeLog(lab, 'console.log', join(logs, 'console/debian-quiet.txt'));
    placeLog(lab, 'console.1.log', join(crashes, 'debian-divide.txt'));
    const { stdout } = await lab.run('oops');
    expect(stdout.replaceAll(/\s+/g, ' ')).toMatch(
      /^No crash since this start; the last was 1 start ago: division by zero in faulty_divide.* utopia oops --last 1 shows it\./,
    );
    const last = (await lab.run('oops', '--last', '1')).stdout;
    expect(last).toMatch(/^Division by zero in faulty_divide/);
    expect(last.replaceAll(/\s+/g, ' ')).toContain('From the log of an earlier start');
    const json = JSON.parse((await lab.run('oops', '--json')).stdout) as object;
    expect(json).toMatchObject({ startsAgo: 1, events: [{ kind: 'divide-error' }] });
    expect(json).not.toHaveProperty('explains');
    placeLog(lab, 'console.log', join(crashes, 'debian-bug.txt'));
    expect((await lab.run('oops')).stdout).toMatch(/^BUG in faulty_bug/);
  });

  test('no crash since a reboot in the same log', async () => {
    await using lab = await makeLab({});
    const boot = '[    0.000000] Linux version 6.1.0-56-amd64 (debian)\r\n[    1.0] fine\r\n';
    const { consoleLog } = lab.paths();
    mkdirSync(dirname(consoleLog), { recursive: true });
    writeFileSync(consoleLog, boot + readFileSync(join(crashes, 'debian-divide.txt'), 'latin1'));
    expect((await lab.run('oops')).stdout).toMatch(/^Division by zero/);
    appendFileSync(consoleLog, boot);
    const { stdout } = await lab.run('oops');
    expect(stdout.replaceAll(/\s+/g, ' ')).toMatch(
      /^No crash since this boot; the last was in a boot before this one: division by zero/,
    );
  });

  test('an empty log says why', async () => {
    await using lab = await makeLab({});
    const { consoleLog } = lab.paths();
    mkdirSync(dirname(consoleLog), { recursive: true });
    writeFileSync(consoleLog, '');
    expect((await lab.run('oops')).stdout).toContain('console=ttyS0');
  });
});

describe('an up in the foreground', () => {
  needsOfHost('qemu');

  test('a panic of which only the device tells', async () => {
    const steps = [
      { ssh: 'banner' as const },
      {
        afterMs: 1_500,
        event: 'GUEST_PANICKED',
        data: { action: 'pause' },
        status: 'guest-panicked',
      },
    ];
    await using lab = await makeLab({ scenario: { steps } });
    const up = lab.start('up');
    await up.sees(/✗ the kernel has panicked \(reported by the panic device\)/);
    const { stdout } = await lab.run('oops', '--json');
    expect(JSON.parse(stdout).events).toMatchObject([{ kind: 'panic', trace: [] }]);
    up.child.kill('SIGINT');
    await up.sees(/powering off/);
    up.child.kill('SIGINT');
    await up.ended;
  });

  test('a crash on the console, and the panic that it ends in, are one crash and two lines', async () => {
    const oops = [
      '[   42.1] BUG: kernel NULL pointer dereference, address: 0000000000000028',
      '[   42.1] #PF: supervisor read access in kernel mode',
      '[   42.1] Oops: 0000 [#1] PREEMPT SMP NOPTI',
      '[   42.1] CPU: 0 PID: 812 Comm: cat Tainted: G           OE      6.1.0-56-amd64 #1',
      '[   42.1] RIP: 0010:lunix_chrdev_read+0x4c/0x180 [lunix]',
      '[   42.1] ---[ end trace 0000000000000000 ]---',
      '',
    ].join('\r\n');
    const steps = [
      { ssh: 'banner' as const },
      { afterMs: 1_500, console: oops },
      { afterMs: 1_500, console: '[   43.0] Kernel panic - not syncing: Fatal exception\r\n' },
    ];
    await using lab = await makeLab({ scenario: { steps } });
    const up = lab.start('up');
    await up.sees(
      /✗ kernel oops in lunix_chrdev_read\+0x4c \[lunix\]: NULL pointer read\n +utopia oops/,
    );
    await up.sees(/✗ kernel panic: Fatal exception/);
    const { stdout } = await lab.run('oops', '--json');
    expect(JSON.parse(stdout).events).toMatchObject([
      { kind: 'null-dereference', task: 'cat', panic: 'Fatal exception', address: '0x28' },
    ]);
    up.child.kill('SIGINT');
    await up.sees(/powering off/);
    up.child.kill('SIGINT');
    await up.ended;
  });
});
