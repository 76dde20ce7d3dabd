import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { testImage } from '../support/image.ts';
import { makeLab, type Lab } from '../support/lab.ts';
import { needsOfHost } from '../support/requirements.ts';
import { tinyBuild } from '../support/tiny-kernel.ts';

// A kernel of Debian's source, booted over a disk that knows nothing of it. One build, kept by its
// content in the tests' cache, serves all of it.
needsOfHost('qemu', 'image-tools', 'ssh', 'kernel-build', 'debian-source');

/** Runs a line of shell as root in the guest; its output without the last newline. */
async function inGuest(lab: Lab, line: string): Promise<string> {
  const result = await lab.run('exec', '--', 'sh', '-c', line);
  expect(result.status, `${line}\n${result.stderr}`).toBe(0);
  return result.stdout.trimEnd();
}

async function succeed(lab: Lab, ...words: readonly string[]): Promise<string> {
  const { status, stdout, stderr } = await lab.run(...words);
  expect(status, `${words.join(' ')}\n${stderr}`).toBe(0);
  return stdout;
}

/** Of a module that is inserted, what modprobe and the kernel say of it. */
const insert = 'rmmod dummy 2>/dev/null; modprobe dummy && lsmod | grep -c "^dummy "';

test(
  'a kernel of one’s own boots over the disk with its modules, and is saved and resumed with them',
  { timeout: 2_400_000 },
  async () => {
    await using lab = await makeLab({ backing: await testImage() });
    const { version } = await tinyBuild(lab, 'tiny');
    const disk = join(lab.folder, 'exercise.img');
    writeFileSync(disk, Buffer.alloc(1024 * 1024));
    const start = ['up', '--detach', '--kernel', 'tiny', '--disk', `${disk}:rw:first`] as const;
    await succeed(lab, ...start);

    expect(await inGuest(lab, 'uname -r')).toBe(version);
    expect(await inGuest(lab, insert)).toBe('1');
    // The exercise disk keeps its name.
    expect(await inGuest(lab, 'cat /sys/block/vdb/serial')).toBe('first');
    expect(await inGuest(lab, 'systemctl --failed --no-legend')).toBe('');
    const status = JSON.parse(await succeed(lab, 'status', '--json')) as object;
    expect(status).toMatchObject({ state: 'running', kernel: { name: 'tiny', version } });
    expect(await succeed(lab, 'status')).toContain(`tiny (${version}), booted directly`);

    await inGuest(lab, 'echo only in memory > /run/witness');
    await succeed(lab, 'suspend');
    // What it was saved with is named where it lacks, and nothing is lost.
    const plain = await lab.run('up', '--detach', '--disk', `${disk}:rw:first`);
    expect(plain).toMatchObject({ status: 69 });
    expect(plain.stderr.replaceAll(/\s+/g, ' ')).toContain('utopia up --kernel tiny');
    await succeed(lab, ...start);
    expect(await inGuest(lab, `cat /run/witness; ${insert}`)).toBe('only in memory\n1');

    await succeed(lab, 'snapshot', 'save', 'inserted');
    await succeed(lab, 'down');
    await succeed(lab, 'snapshot', 'restore', 'inserted');
    await succeed(lab, ...start);
    expect(await inGuest(lab, `cat /run/witness; ${insert}`)).toBe('only in memory\n1');
    await succeed(lab, 'reboot');
    expect(await inGuest(lab, `uname -r; ${insert}`)).toBe(`${version}\n1`);
    await succeed(lab, 'down');

    // Without the option, the disk's own kernel.
    await succeed(lab, 'up', '--detach');
    expect(await inGuest(lab, 'uname -r')).not.toBe(version);
    await succeed(lab, 'down');
  },
);

test(
  'a command runs on each of several kernels, from a warm base where there is one',
  { timeout: 2_400_000 },
  async () => {
    await using lab = await makeLab({ backing: await testImage() });
    const { version, image } = await tinyBuild(lab, 'tiny');
    const bare = join(lab.folder, 'copied-image');
    writeFileSync(bare, readFileSync(image));
    const cut = join(lab.folder, 'cut');
    writeFileSync(cut, readFileSync(image).subarray(0, 100_000));
    await succeed(lab, 'image', 'warm', '--kernel', 'tiny');
    const { status, stdout } = await lab.run(
      ...['run', '--json', '--kernel', 'tiny,./copied-image,./cut,none'],
      ...['--', 'sh', '-c', 'uname -r; modprobe dummy'],
    );
    expect(status).toBe(1);
    const { runs } = JSON.parse(stdout) as { runs: readonly object[] };
    expect(runs).toMatchObject([
      {
        ...{ item: 'tiny', outcome: 'exited', status: 0, warm: true, stdout: `${version}\n` },
        kernel: { name: 'tiny', version },
      },
      {
        // No modules come with an image alone.
        ...{ item: './copied-image', outcome: 'exited', warm: false, stdout: `${version}\n` },
        ...{ commandStatus: 1, kernel: { name: 'copied-image', version } },
      },
      {
        ...{ item: './cut', outcome: 'not-started', status: 69 },
        ...{
          kernel: { name: 'cut', version: null },
          message: expect.stringContaining('cut short'),
        },
      },
      { item: 'none', outcome: 'not-started', kernel: { name: 'none', version: null } },
    ]);
    // A kernel that cannot find its disk is sent to its check, not to a boot menu.
    const lost = await lab.run(
      ...['up', '--detach', '--kernel', 'tiny', '--append', 'root=/dev/vdz'],
    );
    expect(lost.status).toBe(69);
    expect(lost.stderr.replaceAll(/\s+/g, ' ')).toContain('utopia kernel check tiny');
  },
);
