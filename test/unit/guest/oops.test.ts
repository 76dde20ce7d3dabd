import { expect, test } from 'vitest';
import { findOopses, panicReason, type Oops } from '../../../src/guest/oops.ts';
import { recordedLines } from '../../support/recordings.ts';

function findIn(lines: readonly string[]): Oops[] {
  const finder = findOopses();
  const found = [...lines.map((line) => finder.read(line)), finder.finish()];
  return found.filter((oops) => oops !== undefined);
}

const nullPointer = [
  '[   42.100000] BUG: kernel NULL pointer dereference, address: 0000000000000028',
  '[   42.100100] #PF: supervisor read access in kernel mode',
  '[   42.100300] Oops: 0000 [#1] PREEMPT SMP NOPTI',
  '[   42.100400] CPU: 0 PID: 812 Comm: cat Tainted: G           OE      6.1.0-56-amd64 #1',
  '[   42.100600] RIP: 0010:lunix_chrdev_read+0x4c/0x180 [lunix]',
  '[   42.100700] Call Trace:',
  '[   42.100800]  <TASK>',
  '[   42.101000] RIP: 0033:0x7f1e5a3d1a1d',
  '[   42.101100]  </TASK>',
  '[   42.101200] ---[ end trace 0000000000000000 ]---',
  '[   42.101300] RIP: 0010:lunix_chrdev_read+0x4c/0x180 [lunix]',
];

test('one report is one oops, with its function and module', () => {
  expect(findIn(nullPointer)).toEqual([
    {
      kind: 'oops',
      title: 'BUG: kernel NULL pointer dereference, address: 0000000000000028',
      place: 'lunix_chrdev_read+0x4c',
      module: 'lunix',
    },
  ]);
});

test('two reports are two', () => {
  expect(findIn([...nullPointer, ...nullPointer])).toHaveLength(2);
});

test('a report that stops in its middle is still told', () => {
  expect(findIn(nullPointer.slice(0, 3))).toMatchObject([{ place: undefined }]);
});

test.each([
  '[    1.0] DEBUG: kernel is fine',
  'user: BUG: not the kernel',
  'lab kernel: no Oops: here',
  '[    5.123456] traps: a.out[123] general protection fault ip:401136 sp:7ffc error:0 in a.out[401000+1000]',
  '[    5.123456] a.out[123]: segfault at 0 ip 0000 sp 0000 error 4 in libc.so.6[7f+1]',
  '[    5.0] WARNING: CPU: 0 PID: 1 at kernel/x.c:1',
])('%s is no oops', (line) => {
  expect(findIn([line])).toEqual([]);
});

test.each([
  '[   20.500000][  T812] BUG: unable to handle page fault for address: ffffc90000000000',
  '[   20.500000] general protection fault, probably for non-canonical address 0xdead: 0000 [#1] SMP',
  '[   20.500000] kernel BUG at fs/ext4/inode.c:2747!',
  '[   20.500000] watchdog: BUG: soft lockup - CPU#1 stuck for 26s! [insmod:901]',
  '[   20.500000] invalid opcode: 0000 [#1] SMP',
  '[   20.500000] divide error: 0000 [#1] SMP',
  'Oops: 0002 [#1]',
])('%s is one', (line) => {
  expect(findIn([line])).toHaveLength(1);
});

test('a recorded crash by sysrq has its place', () => {
  const lines = recordedLines('console/panic-sysrq.txt');
  expect(lines.map(panicReason).filter((reason) => reason !== undefined)).toEqual([
    'sysrq triggered crash',
  ]);
});

test('the end marker repeats the panic and is not a second one', () => {
  expect(panicReason('[    2.7] ---[ end Kernel panic - not syncing: VFS: x ]---')).toBeUndefined();
  expect(panicReason('[    2.7] Kernel panic - not syncing: VFS: x')).toBe('VFS: x');
});

test('a report behind a prompt, on the same line', () => {
  const finder = findOopses();
  finder.read('lab login: [   99.012345] BUG: kernel NULL pointer dereference, address: 28');
  expect(finder.read('[   99.1] RIP: 0010:lunix_chrdev_read+0x4c/0x120 [lunix]')).toMatchObject({
    place: 'lunix_chrdev_read+0x4c',
    module: 'lunix',
  });
  const line = '/init: [   14.395185] Kernel panic - not syncing: Attempted to kill init!';
  expect(panicReason(line)).toBe('Attempted to kill init!');
});
