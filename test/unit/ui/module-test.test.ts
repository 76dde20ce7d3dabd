import { expect, test } from 'vitest';
import { describeTest } from '../../../src/ui/module-test.ts';

test('of what the kernel reports the first line is shown, and what the module says', () => {
  const dmesg = `[    2.000000] mine: hello
[    3.000000] do_init_module: 'mine'->init suspiciously returned 1, it should follow 0/-E convention
[    3.000001] CPU: 1 UID: 0 PID: 289 Comm: insmod Tainted: G           OE      6.12.118 #1
[    3.000002] Hardware name: QEMU Standard PC
[    3.000003] Call Trace:
[    3.000004]  <TASK>
[    3.000005]  dump_stack_lvl+0x5d/0x80
[    3.000006]  ? do_user_addr_fault+0x367/0x650
[    3.000007] RIP: 0033:0x7f61756e53a7
[    3.000008] R10: 0000000000000000 R11: 0000000000000202 R12: 000055f686e4032b
[    3.000009]  </TASK>
[    4.000000] mine: bye`;
  const lines = describeTest(
    { verdict: 'warned', reasons: [], hints: [], testMs: 1_000, output: '', dmesg },
    120,
    '✗',
  );
  expect(lines.slice(1).join('\n')).toBe(`  the kernel says:
  | [    2.000000] mine: hello
  | [    3.000000] do_init_module: 'mine'->init suspiciously returned 1, it should follow 0/-E convention …
  | [    4.000000] mine: bye`);
});
