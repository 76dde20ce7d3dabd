import { expect, test } from 'vitest';
import { dumpArguments } from '../../../src/kernel/dump-arguments.ts';

const session = {
  dump: '/d/memory.elf',
  vmlinux: '/k/vmlinux',
  scripts: { file: '/k/scripts/gdb/vmlinux-gdb.py', folder: '/k/scripts/gdb' },
  modules: ['/m/a.ko'],
  moduleFolders: ['/m', '/a b'],
};

test('drgn gets the kernel and the modules, then the user’s own words', () => {
  expect(dumpArguments.drgn(session, ['x.py', '-v'])).toEqual([
    ...['-c', '/d/memory.elf', '-s', '/k/vmlinux', '-s', '/m/a.ko', 'x.py', '-v'],
  ]);
});

test('crash gets the kernel before the dump, and the first folder of modules', () => {
  expect(dumpArguments.crash(session, ['-s'])).toEqual([
    ...['--mod', '/m', '-s', '/k/vmlinux', '/d/memory.elf'],
  ]);
  expect(dumpArguments.crash({ ...session, moduleFolders: [] }, [])).toEqual([
    '/k/vmlinux',
    '/d/memory.elf',
  ]);
});

test('gdb gets the kernel’s scripts, where it has some, and the task before the user’s words', () => {
  const words = dumpArguments.gdb({ ...session, task: 327 }, ['-ex', 'bt']);
  expect(words.slice(-4)).toEqual(['-ex', 'bt', '/k/vmlinux', '/d/memory.elf']);
  expect(words.at(-5)).toContain(String.raw`\nCRASHED = ('pid', 327)\n`);
  expect(words).toContain('source /k/scripts/gdb/vmlinux-gdb.py');
  const bare = dumpArguments.gdb({ ...session, scripts: undefined }, []);
  expect(bare.slice(0, 4)).toEqual(['-q', '-iex', 'set pagination off', '-ex']);
  expect(bare[4]).toContain(String.raw`\nDUMP = \"/d/memory.elf\"\nCRASHED = None\n`);
  expect(bare.slice(5)).toEqual(['/k/vmlinux', '/d/memory.elf']);
});
