import { expect, test } from 'vitest';
import {
  gdbArguments,
  gdbScript,
  vscodeLaunch,
  type GdbSession,
} from '../../../src/kernel/gdb-arguments.ts';

const session: GdbSession = {
  vmlinux: '/out/vmlinux',
  scripts: { file: '/out/vmlinux-gdb.py', folder: '/out/scripts/gdb' },
  socket: '/run/gdb.sock',
  moduleFolders: ['/lab', '/my lab', '/out'],
  modules: [],
  breakpoints: [],
  atStart: false,
};

test('gdb gets its symbols and modules, and stops the guest', () => {
  expect(gdbArguments(session, ['-batch'])).toEqual([
    ...['-q', '-iex', 'set pagination off'],
    ...['-ex', 'python import sys; sys.path.insert(0, "/out/scripts/gdb")'],
    ...['-ex', 'source /out/vmlinux-gdb.py'],
    ...['-ex', 'set breakpoint pending on', '-ex', 'target remote /run/gdb.sock'],
    // lx-symbols parts its arguments at blanks.
    ...['-ex', 'lx-symbols /lab /out', '-batch', '/out/vmlinux'],
  ]);
});

test('with a breakpoint the guest runs on until it is there', () => {
  const words = gdbArguments({ ...session, breakpoints: ['vfs_read', 'lunix.c:12'] }, []);
  expect(words.filter((_word, at) => words[at - 1] === '-ex').slice(-3)).toEqual([
    'break vfs_read',
    'break lunix.c:12',
    'continue',
  ]);
});

/** What gdb is told behind `target remote`, of a guest that has not run yet. */
const lateAtStart = (breakpoints: readonly string[]): string[] =>
  gdbArguments({ ...session, breakpoints, atStart: true }, [])
    .filter((_word, at, all) => all[at - 1] === '-ex')
    .slice(4);

test('a kernel without scripts gets the symbols of the modules that are loaded', () => {
  const sections = new Map([
    ['.text', '0xffffffffc0000000'],
    ['.data', '0xffffffffc0002000'],
  ]);
  const modules = [
    { name: 'chr', sections, file: '/lab/chr.ko' },
    { name: 'odd', sections, file: '/my lab/o"dd.ko' },
  ];
  const script = gdbScript({ ...session, scripts: undefined, modules, breakpoints: ['chr_open'] });
  expect(script.split('\n').slice(3, -1)).toEqual([
    ...['target remote /run/gdb.sock', 'set confirm off'],
    'add-symbol-file /lab/chr.ko 0xffffffffc0000000 -s .data 0xffffffffc0002000',
    String.raw`add-symbol-file "/my lab/o\"dd.ko" 0xffffffffc0000000 -s .data 0xffffffffc0002000`,
    ...['set confirm on', 'break chr_open', 'continue'],
  ]);
});

test('a guest that has not run yet gets its modules once there can be any', () => {
  expect(lateAtStart([])).toEqual(['thbreak start_kernel']);
  expect(lateAtStart(['vfs_read'])).toEqual([
    ...['thbreak start_kernel', 'continue', 'lx-symbols /lab /out', 'break vfs_read', 'continue'],
  ]);
});

test('a kernel without scripts has no lx-symbols', () => {
  const script = gdbScript({ ...session, scripts: undefined });
  expect(script).toBe(
    'set pagination off\nfile /out/vmlinux\nset breakpoint pending on\ntarget remote /run/gdb.sock\n',
  );
});

test('VS Code connects by itself, and sets breakpoints of its own', () => {
  expect(vscodeLaunch({ ...session, breakpoints: ['vfs_read'] }, '/usr/bin/gdb')).toMatchObject({
    program: '/out/vmlinux',
    miDebuggerServerAddress: '/run/gdb.sock',
    setupCommands: [
      { text: 'set pagination off' },
      { text: 'python import sys; sys.path.insert(0, "/out/scripts/gdb")' },
      { text: 'source /out/vmlinux-gdb.py' },
      { text: 'set breakpoint pending on' },
    ],
    postRemoteConnectCommands: [{ text: 'lx-symbols /lab /out' }],
  });
});
