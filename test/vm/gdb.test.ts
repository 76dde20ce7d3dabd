import { execFileSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { findRunning } from '../../src/machine/state.ts';
import { makeLab, type Lab } from '../support/lab.ts';
import { needsOfHost } from '../support/requirements.ts';
import { makeSymbols } from '../support/symbols.ts';

// A real QEMU and a real gdb; the guest is the firmware, which looks for a disk to boot.
needsOfHost('qemu', 'gdb', 'compiler');

function symbolsOf(lab: Lab): string {
  const vmlinux = join(dirname(lab.folder), 'vmlinux');
  makeSymbols(vmlinux);
  return vmlinux;
}

async function stateOf(lab: Lab): Promise<string> {
  const { stdout } = await lab.run('status', '--json');
  return (JSON.parse(stdout) as { readonly state: string }).state;
}

test('gdb stops the guest, is told of, and leaves it running', async () => {
  await using lab = await makeLab();
  const vmlinux = symbolsOf(lab);
  expect(await lab.run('gdb')).toMatchObject({ status: 69 });
  expect(await lab.run('up', '--detach', '--no-wait')).toMatchObject({ status: 0 });

  const go = join(dirname(lab.folder), 'go');
  const wait = `shell while [ ! -e '${go}' ]; do sleep 0.05; done`;
  const gdb = lab.start(
    ...['gdb', '--vmlinux', vmlinux, '--', '-batch', '-ex', 'info registers cs'],
    ...['-ex', 'info line _start', '-ex', 'echo attached\\n', '-ex', wait],
  );
  await gdb.sees(/attached/);
  expect(await stateOf(lab)).toBe('debugged');
  expect((await lab.run('status')).stdout).toContain('stopped by a debugger');
  const second = await lab.run('gdb', '--vmlinux', vmlinux);
  expect(second).toMatchObject({ status: 75 });
  expect(second.stderr).toContain('A debugger is at');
  // Whoever would resume a machine that a killed utopia has left paused leaves this one alone.
  expect((await lab.run('up', '--detach', '--no-wait')).status).toBe(75);
  expect(await stateOf(lab)).toBe('debugged');
  const asked = await lab.run('exec', '--', 'true');
  expect(asked).toMatchObject({ status: 75 });
  expect(asked.stderr).toContain('is stopped by a debugger');
  for (const words of [['suspend'], ['snapshot', 'save']]) {
    const refused = await lab.run(...words);
    expect(refused.status).toBe(75);
    expect(refused.stderr).toContain('A debugger is at');
  }
  expect(await stateOf(lab)).toBe('debugged');

  writeFileSync(go, '');
  const { status, stdout, stderr } = await gdb.ended;
  expect(status, stderr).toBe(0);
  expect(stdout).toMatch(/^cs +0x/m);
  expect(stdout).toContain('vmlinux.c');
  expect(await stateOf(lab)).toBe('booting');
  expect(existsSync(lab.paths().gdbSocket)).toBe(false);
});

test('a machine that is started for gdb waits before its first instruction', async () => {
  await using lab = await makeLab();
  const vmlinux = symbolsOf(lab);
  const up = await lab.run('up', '--debug');
  expect(up, up.stderr).toMatchObject({ status: 0 });
  expect(up.stderr).toContain('stopped before its first instruction');
  expect(await stateOf(lab)).toBe('paused');
  const asked = await lab.run('exec', '--', 'true');
  expect(asked).toMatchObject({ status: 75 });
  expect(asked.stderr).toContain('is paused; utopia up resumes it');
  const gdb = await lab.run('gdb', '--vmlinux', vmlinux, '--', '-batch', '-ex', 'info registers');
  // The vector of x86's reset: F000:FFF0.
  expect(gdb.stdout, gdb.stderr).toMatch(/^[er]ip +0xfff0 /m);
  expect(await stateOf(lab)).toBe('booting');
  await lab.run('down', '--force');
  // There is nothing in it that could hear the power button.
  await lab.run('up', '--debug');
  const down = await lab.run('down', '--json');
  expect(JSON.parse(down.stdout)).toMatchObject({ step: 'quit', because: 'unstarted' });
  // Who wants no debugger after all lets it run.
  await lab.run('up', '--debug');
  expect(await lab.run('up')).toMatchObject({ status: 0 });
  expect(await stateOf(lab)).toBe('booting');
});

test('a gdb that is killed leaves the guest running, too', async () => {
  await using lab = await makeLab();
  const vmlinux = symbolsOf(lab);
  await lab.run('up', '--detach', '--no-wait');
  const killed = await lab.run(
    ...['gdb', '--vmlinux', vmlinux, '--', '-batch', '-ex', 'shell kill -9 $PPID'],
  );
  expect(killed.status).toBe(137);
  expect(await stateOf(lab)).toBe('booting');
});

/** Where the timer's interrupt leads in every PC's firmware (int 08h): 18 times in a second. */
const timerEntry = '*0xffea5';

/** A guest that a breakpoint would stop is at it by then: each look takes longer than a tick. */
async function expectRunning(lab: Lab): Promise<void> {
  for (let look = 0; look < 5; look += 1) expect(await stateOf(lab)).toBe('booting');
}

test('breakpoints that a killed gdb has left stop nobody', async () => {
  await using lab = await makeLab();
  const vmlinux = symbolsOf(lab);
  await lab.run('up', '--detach', '--no-wait');
  const words = ['gdb', '--vmlinux', vmlinux, '--', '-batch'];
  const atTimer = ['-ex', `break ${timerEntry}`];
  const stopped = await lab.run(...words, ...atTimer, '-ex', 'continue');
  expect(stopped.stdout, stopped.stderr).toContain('SIGTRAP');
  // gdb takes a stop there for none, and is killed while the guest runs.
  const killed = [...atTimer, '-ex', 'handle SIGTRAP nostop noprint'];
  const kill = 'python import os; os.system("(sleep 1; kill -9 %d) &" % os.getpid())';
  const { status } = await lab.run(...words, ...killed, '-ex', kill, '-ex', 'continue');
  expect(status).toBe(137);
  await expectRunning(lab);
});

test('a utopia that is killed takes its gdb along, and up lets the guest run', async () => {
  await using lab = await makeLab();
  const vmlinux = symbolsOf(lab);
  await lab.run('up', '--detach', '--no-wait');
  const words = ['gdb', '--vmlinux', vmlinux, '--', '-batch'];
  // A stop there is none for gdb: it goes on until it is ended.
  const never = ['-ex', `break ${timerEntry}`, '-ex', 'handle SIGTRAP nostop noprint'];
  const gdb = lab.start(...words, ...never, '-ex', 'echo attached\\n', '-ex', 'continue');
  await gdb.sees(/attached/);
  gdb.child.kill('SIGKILL');
  // QEMU serves one: the stub is free once that has gone.
  const isFree = async () => !['debugged', 'stopped'].includes(await stateOf(lab));
  await vi.waitUntil(isFree, { timeout: 60_000 });
  // It is at the breakpoint, or was stopped when gdb went.
  const resumed = async () => (await lab.run('up', '--detach', '--no-wait')).status === 0;
  if ((await stateOf(lab)) === 'paused') await vi.waitUntil(resumed, { timeout: 60_000 });
  await expectRunning(lab);
});

test('a QEMU that does not answer for some seconds outlives the end of gdb', async () => {
  await using lab = await makeLab();
  const vmlinux = symbolsOf(lab);
  await lab.run('up', '--detach', '--no-wait');
  const running = await findRunning(lab.paths());
  const pid = running?.qemu.pid ?? 0;
  // gdb repeats what is not answered; the second "detach" of a connection is a fault in QEMU 7.2.
  const pause = `shell kill -STOP ${pid}; (sleep 7; kill -CONT ${pid}) &`;
  const gdb = await lab.run('gdb', '--vmlinux', vmlinux, '--', '-batch', '-ex', pause);
  expect(gdb, gdb.stderr).toMatchObject({ status: 0 });
  await expectRunning(lab);
});

test.each([
  ['/etc/passwd', 'is no ELF file'],
  ['/bin/true', 'has no debug information'],
])('%s is no file of symbols', async (file, why) => {
  await using lab = await makeLab();
  await lab.run('up', '--detach', '--no-wait');
  const { status, stderr } = await lab.run('gdb', '--vmlinux', file);
  expect({ status, stderr }).toMatchObject({ status: 69, stderr: expect.stringContaining(why) });
  expect(await stateOf(lab)).toBe('booting');
});

test('what another front end needs is printed, and the stub waits for it', async () => {
  await using lab = await makeLab();
  const vmlinux = symbolsOf(lab);
  await lab.run('up', '--detach', '--no-wait');
  const vscode = await lab.run('gdb', '--vmlinux', vmlinux, '--emit', 'vscode');
  expect(JSON.parse(vscode.stdout)).toMatchObject({
    type: 'cppdbg',
    program: vmlinux,
    miDebuggerServerAddress: lab.paths().gdbSocket,
  });
  const file = join(dirname(lab.folder), 'session.gdb');
  writeFileSync(file, (await lab.run('gdb', '--vmlinux', vmlinux, '--emit', 'gdbinit')).stdout);
  // It waits, and stops nothing.
  expect(await stateOf(lab)).toBe('booting');
  const said = execFileSync(
    'gdb',
    ['-nx', '-q', '-batch', '-x', file, '-ex', 'info registers cs'],
    {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  expect(said).toMatch(/^cs +0x/m);
});

test('without symbols it says where they come from', async () => {
  await using lab = await makeLab();
  await lab.run('up', '--detach', '--no-wait');
  const given = await lab.run('gdb', '--vmlinux', 'nowhere');
  expect(given).toMatchObject({ status: 69 });
  expect(given.stderr).toContain('nowhere');
  expect(await stateOf(lab)).toBe('booting');
});
