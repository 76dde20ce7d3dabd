import { expect, test } from 'vitest';
import { watchModules } from '../../../src/kernel/gdb-modules.ts';
import {
  checkGdbWords,
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
  breakpoints: [],
  atStart: false,
};

/** The command that gives modules their symbols. */
const modules = watchModules({ vmlinux: session.vmlinux, folders: session.moduleFolders });

test('gdb gets its symbols and modules, and stops the guest', () => {
  expect(gdbArguments(session, ['-batch'])).toEqual([
    ...['-q', '-iex', 'set pagination off', '-iex', 'set remotetimeout 30'],
    ...['-iex', 'set auto-load python-scripts off'],
    ...['-ex', 'python import sys; sys.path.insert(0, "/out/scripts/gdb")'],
    ...['-ex', 'source /out/vmlinux-gdb.py'],
    ...['-ex', 'set breakpoint pending on', '-ex', 'target remote /run/gdb.sock'],
    ...['-ex', modules, '-batch', '/out/vmlinux'],
  ]);
});

test('a guest that is paused at a crash is looked at where it crashed', () => {
  expect(gdbScript({ ...session, crashedCpu: 1 })).toContain(String.raw`\nCRASHED = ('cpu', 1)\n`);
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

test('a guest that has not run yet gets its modules once there can be any', () => {
  expect(lateAtStart([])).toEqual([modules, 'thbreak start_kernel']);
  expect(lateAtStart(['vfs_read'])).toEqual([
    ...[modules, 'thbreak start_kernel', 'continue', 'break vfs_read', 'continue'],
  ]);
});

test('a kernel without scripts gets the symbols of its modules, too', () => {
  const script = gdbScript({ ...session, scripts: undefined });
  expect(script).toBe(
    `set pagination off\nset remotetimeout 30\nfile /out/vmlinux\nset breakpoint pending on\ntarget remote /run/gdb.sock\n${modules}\n`,
  );
});

test('names of folders are text for gdb, whatever is in them', () => {
  const command = watchModules({ vmlinux: '/a', folders: ['/it"s\n\\Ω/🐧'] });
  expect(command).not.toContain('\n');
  expect(command).toMatch(/^python exec\("/);
  // Text in the text of exec: what Python reads at last is the name.
  const inner = JSON.parse(/^python exec\((".*"), \{\}\)$/s.exec(command)?.[1] ?? '""') as string;
  const [, list = '[]'] = /^FOLDERS = (\[.*\])$/m.exec(inner) ?? [];
  const characters = list.replaceAll(/\\U([\da-f]{8})/g, (_all, code: string) =>
    String.fromCodePoint(Number.parseInt(code, 16)),
  );
  expect(JSON.parse(characters)).toEqual(['/it"s\n\\Ω/🐧']);
});

test('VS Code connects by itself, and sets breakpoints of its own', () => {
  expect(vscodeLaunch({ ...session, breakpoints: ['vfs_read'] }, '/usr/bin/gdb')).toMatchObject({
    program: '/out/vmlinux',
    miDebuggerServerAddress: '/run/gdb.sock',
    setupCommands: [
      { text: 'set pagination off' },
      { text: 'set remotetimeout 30' },
      { text: 'set auto-load python-scripts off' },
      { text: 'python import sys; sys.path.insert(0, "/out/scripts/gdb")' },
      { text: 'source /out/vmlinux-gdb.py' },
      { text: 'set breakpoint pending on' },
    ],
    postRemoteConnectCommands: [{ text: modules }],
  });
});

test('what gdb would take for something else is refused', () => {
  checkGdbWords({ words: [], breakpoints: ['f'] });
  checkGdbWords({ words: ['-batch', 'f'], breakpoints: [] });
  for (const wrong of [
    { words: ['f'], breakpoints: [] },
    { words: [], breakpoints: ['f', ' '] },
  ])
    expect(() => checkGdbWords(wrong)).toThrow(expect.objectContaining({ code: 'usage' }));
});
