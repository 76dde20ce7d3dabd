import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { testImage } from '../support/image.ts';
import { makeLab, type Lab } from '../support/lab.ts';
import { needsOfHost } from '../support/requirements.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

// Copies of a machine at an earlier moment, while it runs on. One boot serves most of it.
needsOfHost('qemu', 'image-tools', 'ssh');

interface Report {
  readonly stdout: string;
  readonly from: string | null;
  readonly warm: boolean;
}

async function inGuest(lab: Lab, line: string): Promise<string> {
  const result = await lab.run('ssh', '--', line);
  expect(result.status, `${line}\n${result.stderr}`).toBe(0);
  return result.stdout.trimEnd();
}

async function succeeds(lab: Lab, ...words: readonly string[]): Promise<string> {
  const { status, stdout, stderr } = await lab.run(...words);
  expect(status, `${words.join(' ')}\n${stdout}${stderr}`).toBe(0);
  return stdout;
}

/** A line of shell in a copy of the machine at that moment. */
async function inCopy(lab: Lab, options: readonly string[], line: string): Promise<Report> {
  return JSON.parse(
    await succeeds(lab, 'run', '--json', ...options, '--', 'sh', '-c', line),
  ) as Report;
}

const inClone = (...words: readonly string[]): readonly string[] => ['-C', 'clone', ...words];

/** Size and last write of every file of the snapshots. */
function filesOfSnapshots(lab: Lab): (readonly [string, number, number])[] {
  const folder = join(lab.folder, 'private.qcow2.snapshots');
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .toSorted()
    .map((name) => {
      const { size, mtimeMs } = statSync(join(folder, name));
      return [name, size, mtimeMs] as const;
    });
}

test('a command in a copy of a snapshot', { timeout: 600_000 }, async () => {
  await using lab = await makeLab({ backing: await testImage() });
  using disks = temporaryFolder();
  const disk = join(disks.path, 'exercise.img');
  writeFileSync(disk, '');
  truncateSync(disk, 4 << 20);
  lab.writeConfig([`UTOPIA_DISKS='${disk}'`]);
  await succeeds(lab, 'up', '--detach');
  // A boot leaves what somebody has put into /tmp as soon as he could.
  await inGuest(lab, 'echo early > /tmp/early');
  await inGuest(lab, 'echo of mine > /root/mine; echo in memory > /run/mem');
  await inGuest(lab, 'echo on the disk > /dev/vdb; sync /dev/vdb');
  const boot = await inGuest(lab, 'cat /proc/sys/kernel/random/boot_id');
  await succeeds(lab, 'snapshot', 'save', 'ready');
  await inGuest(lab, 'echo later > /root/mine; echo later > /run/mem; echo later > /dev/vdb');
  const saved = filesOfSnapshots(lab);

  // It goes on from the memory: the same boot, its files, the exercise disk as it was.
  const look =
    'cat /root/mine /run/mem /proc/sys/kernel/random/boot_id; ' +
    'echo 3 > /proc/sys/vm/drop_caches; head -n 1 /dev/vdb; date +%s; pwd';
  const before = Date.now() / 1000;
  const copy = await inCopy(lab, ['--from', 'ready'], `${look}; echo copy > /root/mine`);
  expect({ from: copy.from, warm: copy.warm }).toEqual({ from: 'ready', warm: true });
  const [mine, mem, bootOfCopy, onDisk, clock, folder] = copy.stdout.trimEnd().split('\n');
  expect([mine, mem, bootOfCopy, onDisk]).toEqual(['of mine', 'in memory', boot, 'on the disk']);
  expect(Number(clock)).toBeGreaterThan(before - 1);
  expect(Number(clock)).toBeLessThan(Date.now() / 1000 + 1);
  expect(folder).toBe(lab.folder);

  // Twins at once draw different numbers.
  const draw = ['--', 'sh', '-c', 'head -c 16 /dev/urandom | od -An -tx1'];
  const each = await succeeds(
    lab,
    'run',
    '--json',
    '--from',
    'ready',
    '--each',
    '.',
    'utopia.config',
    ...draw,
  );
  const { runs } = JSON.parse(each) as { readonly runs: readonly Report[] };
  expect(new Set(runs.map(({ stdout }) => stdout)).size).toBe(2);
  expect(runs.map(({ warm }) => warm)).toEqual([true, true]);

  // What does not fit is told, and nothing is started; the disk alone always boots.
  const other = await lab.run('run', '--from', 'ready', '--memory', '900M', '--', 'true');
  expect(other.status).toBe(69);
  expect(other.stderr).toMatch(/Memory: 1024 MiB when it was saved, 900 MiB now/);
  expect(other.stderr).toContain('utopia run --cold --from ready');
  const cold = await inCopy(
    lab,
    ['--from', 'ready', '--cold', '--memory', '900M'],
    'cat /root/mine /tmp/early; cat /run/mem; true',
  );
  expect({ warm: cold.warm, stdout: cold.stdout }).toEqual({
    warm: false,
    stdout: 'of mine\nearly\n',
  });

  // A guest in which no agent can be takes its command by SSH, with the key of its machine alone.
  await inGuest(lab, 'mv /usr/bin/perl /usr/bin/perl.off; usermod -p "*" root');
  await succeeds(lab, 'snapshot', 'save', 'noperl');
  const bySsh = await inCopy(lab, ['--from', 'noperl'], 'cat /run/mem; date +%s');
  expect(bySsh.warm).toBe(true);
  expect(bySsh.stdout).toMatch(/^later\n/);
  expect(Number(bySsh.stdout.split('\n')[1])).toBeGreaterThan(before);

  // The machine has run on, and nobody has written to its snapshots.
  expect(await inGuest(lab, 'cat /root/mine /run/mem')).toBe('later\nlater');
  expect(filesOfSnapshots(lab).filter(([name]) => `${name}/`.startsWith('ready/'))).toEqual(saved);

  // Kept, it is a machine of its own: on the image alone, and with host keys of its own.
  const keys = 'cat /etc/ssh/ssh_host_*_key.pub | cut -d" " -f2';
  const hostKeys = await inGuest(lab, keys);
  await succeeds(lab, 'run', '--from', 'ready', '--keep', 'clone', '--', 'true');
  await succeeds(lab, 'down', '--force');
  await succeeds(lab, 'snapshot', 'remove', 'ready', '--yes');
  try {
    await succeeds(lab, ...inClone('up', '--detach'));
    const seen = await succeeds(lab, ...inClone('ssh', '--', `cat /root/mine; ${keys}`));
    expect(seen).toMatch(/^of mine\n/);
    for (const key of hostKeys.split('\n')) expect(seen).not.toContain(key);
  } finally {
    await lab.run(...inClone('down', '--force'));
  }
  const info = execFileSync('qemu-img', ['info', join(lab.folder, 'clone/private.qcow2')], {
    encoding: 'utf8',
  });
  expect(info).toContain(`backing file: ${await testImage()}`);
  expect(readFileSync(join(lab.folder, 'clone/utopia.config'), 'utf8')).toContain('exercise.img');
});
