import { join } from 'node:path';
import { expect, test } from 'vitest';
import { testImage } from '../support/image.ts';
import { kernelClone } from '../support/kernel-clone.ts';
import { makeLab, type Lab, type RunResult } from '../support/lab.ts';
import { needsOfHost } from '../support/requirements.ts';

// A kernel of Debian's source with its symbols and gdb's scripts, booted over the image.
needsOfHost('qemu', 'image-tools', 'ssh', 'kernel-build', 'debian-source', 'git', 'gdb');

/** A guest that gdb has not let run yet refuses. */
async function insertWhenItRuns(lab: Lab): Promise<RunResult> {
  for (;;) {
    const result = await lab.run('exec', '--', 'insmod', '/root/dummy.ko');
    if (result.status !== 69 && result.status !== 75) return result;
  }
}

test(
  'gdb stops in a function of a module that is inserted after it came, with its source line',
  { timeout: 3_600_000 },
  async () => {
    await using lab = await makeLab({ backing: await testImage() });
    using clone = await kernelClone(lab);
    const tree = clone.path;
    const kernel = join(tree, 'arch/x86/boot/bzImage');
    const up = await lab.run('up', '--detach', '--kernel', kernel);
    expect(up.status, up.stderr).toBe(0);
    const copied = await lab.run('cp', join(tree, 'drivers/net/dummy.ko'), ':/root/');
    expect(copied.status, copied.stderr).toBe(0);

    const gdb = lab.start(
      ...['gdb', '--modules', join(tree, 'drivers/net'), '--', '-batch'],
      // echo alone is flushed.
      ...['-ex', 'break dummy_setup', '-ex', 'echo ready\\n', '-ex', 'continue'],
      ...['-ex', 'backtrace 3', '-ex', 'print dev->mtu', '-ex', 'lx-lsmod'],
    );
    await gdb.sees(/ready/);
    const insert = insertWhenItRuns(lab);
    const { status, stdout, stderr } = await gdb.ended;
    expect(status, stderr).toBe(0);
    expect(stdout).toMatch(/Breakpoint \d+, dummy_setup \(dev=/);
    expect(stdout).toMatch(/dummy\.c:\d+/);
    expect(stdout).toMatch(/^#1 .* alloc_netdev/m);
    expect(stdout).toContain('$1 = ');
    expect(stdout).toMatch(/^0x\S+ dummy /m);
    // It runs on: the module is in.
    expect(await insert).toMatchObject({ status: 0 });
    expect((await lab.run('exec', '--', 'ip', 'link', 'show', 'dummy0')).status).toBe(0);

    // Of the kernel itself, by gdb's own commands; and no crash is told of the time it stood still.
    const messages = await lab.run('gdb', '--', '-batch', '-ex', 'lx-version');
    expect(messages.stdout).toContain('Linux version 6.1');
    expect((await lab.run('oops')).stdout).not.toMatch(/stall|lockup/i);
    await lab.run('down');

    // From its first instruction on.
    const stopped = await lab.run('up', '--debug', '--kernel', kernel);
    expect(stopped.status, stopped.stderr).toBe(0);
    const early = await lab.run(
      ...[
        'gdb',
        '--break',
        'kernel_init',
        '--',
        '-batch',
        '-ex',
        'backtrace 1',
        '-ex',
        'lx-version',
      ],
    );
    expect(early.status, early.stderr).toBe(0);
    expect(early.stdout).toMatch(/Temporary breakpoint \d+, start_kernel/);
    // gdb begins a new line before the file where the words before it are long.
    expect(early.stdout).toMatch(/Breakpoint \d+, kernel_init \(.*\)\s+at \S*main\.c:\d+/);
    // The scripts are loaded without gdb's advice on permissions.
    expect(early.stdout + early.stderr).not.toContain('safe-path');
    expect(early.stdout).toContain('Linux version 6.1');
    await lab.run('up', '--ensure', '--detach');
    expect((await lab.run('exec', '--', 'true')).status).toBe(0);
  },
);
