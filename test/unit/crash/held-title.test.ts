import { expect, test } from 'vitest';
import { scanCrashes } from '../../../src/crash/scanner.ts';

/**
 * What a kernel that waits at its oopses (`pause_on_oops`) prints of a page fault: not the lines
 * before the error code (oops_may_print() of kernel/panic.c). Since 6.9 die() says `Oops` twice.
 */
function report(code: string, address: string): string {
  return [
    `Oops: ${code} [#1] PREEMPT SMP NOPTI`,
    'CPU: 0 UID: 0 PID: 812 Comm: cat Tainted: G           OE      6.12.118+deb13-amd64 #1  Debian',
    'RIP: 0010:np_show+0x14/0x30 [np]',
    `CR2: ${address} CR3: 0000000004b4c000 CR4: 00000000000006f0`,
    'Call Trace:',
    ' <TASK>',
    ' seq_read_iter+0x128/0x480',
    ' vfs_read+0x21d/0x350',
    ' </TASK>',
    'Modules linked in: np(OE)',
    `CR2: ${address}`,
    '---[ end trace 0000000000000000 ]---',
    '',
  ]
    .map((line, index) => (line === '' ? '' : `[   66.38${1000 + index}] ${line}`))
    .join('\n');
}

test.each([
  ['0000', '0000000000000000', 'null-dereference', 0n, 'read'],
  ['Oops: 0000', '0000000000000028', 'null-dereference', 0x28n, 'read'],
  ['Oops: 0002', '0000000000000028', 'null-dereference', 0x28n, 'write'],
  ['Oops: 0010', '0000000000000000', 'null-dereference', 0n, 'execute'],
  ['Oops: 0002', 'ffffc90000a3b000', 'page-fault', 0xffffc90000a3b000n, 'write'],
])('%s at %s', (code, cr2, kind, address, access) => {
  const scanner = scanCrashes();
  const bytes = new TextEncoder().encode(report(code, cr2));
  const crashes = [...scanner.read(bytes), ...scanner.finish()];
  expect(crashes).toMatchObject([{ kind, address, access, function: 'np_show', module: 'np' }]);
});
