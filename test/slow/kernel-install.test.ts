import { expect, test } from 'vitest';
import { readState } from '../../src/machine/state.ts';
import { testImage } from '../support/image.ts';
import { makeLab, type Lab } from '../support/lab.ts';
import { needsOfHost } from '../support/requirements.ts';
import { tinyBuild, type TinyName } from '../support/tiny-kernel.ts';

// Real kernels in a real guest, with Debian's grub in it: one that comes up, and three that do not.
needsOfHost('qemu', 'image-tools', 'ssh', 'kernel-build', 'debian-source');

async function inGuest(lab: Lab, line: string): Promise<string> {
  const result = await lab.run('exec', '--', 'sh', '-c', line);
  expect(result.status, `${line}\n${result.stderr}`).toBe(0);
  return result.stdout.trimEnd();
}

interface Verdict {
  readonly version: string;
  readonly verdict: string;
  readonly default: string;
  readonly running: string;
  readonly cause?: string;
  readonly crash?: { readonly function?: string } | null;
}

/** Installs a kernel without a terminal; its verdict, and what a person reads. */
async function install(
  lab: Lab,
  name: TinyName,
  ...options: readonly string[]
): Promise<{ readonly status: number | null; readonly verdict: Verdict; readonly stderr: string }> {
  await tinyBuild(lab, name);
  const words = ['kernel', 'install', name, '--json', ...options];
  const { status, stdout, stderr } = await lab.run(...words);
  expect(stdout, stderr).not.toBe('');
  return { status, verdict: JSON.parse(stdout) as Verdict, stderr };
}

test(
  'a kernel is the default once it has reached SSH, and what does not come up leaves the old one',
  { timeout: 3_600_000 },
  async () => {
    await using lab = await makeLab({ backing: await testImage() });
    expect((await lab.run('up', '--detach')).status).toBe(0);
    const old = await inGuest(lab, 'uname -r');
    await inGuest(lab, 'echo kept > /root/witness');

    // A snapshot first, for this one alone: it takes as long each time.
    const good = await install(lab, 'tiny');
    expect(good.status, good.stderr).toBe(0);
    const { version } = good.verdict;
    expect(good.verdict).toMatchObject({ verdict: 'booted', default: version, running: version });
    expect(await inGuest(lab, 'uname -r; modprobe dummy && echo inserted')).toBe(
      `${version}\ninserted`,
    );
    expect((await lab.run('snapshot', 'list', '--json')).stdout).toContain(`before-${version}`);

    // The disk's own boot loader starts it now.
    expect((await lab.run('down')).status).toBe(0);
    expect((await lab.run('up', '--detach')).status).toBe(0);
    expect(await inGuest(lab, 'uname -r')).toBe(version);
    expect((await lab.run('kernel', 'default', 'previous')).status).toBe(0);
    // A new QEMU: emulated, a reset into another kernel takes minutes.
    expect((await lab.run('down')).status).toBe(0);
    expect((await lab.run('up', '--detach')).status).toBe(0);
    expect(await inGuest(lab, 'uname -r')).toBe(old);

    for (const [name, status, crash] of [
      ['panic', 70, 'utopia_trial'],
      ['hang', 69, undefined],
      ['noroot', 69, undefined],
    ] as const) {
      const bad = await install(lab, name, '--no-snapshot', '--stall', '40');
      expect(bad.status, `${name}: ${bad.stderr}`).toBe(status);
      expect(bad.verdict.version).toMatch(new RegExp(`-${name}$`));
      expect(bad.verdict, name).toMatchObject({ default: old, running: old });
      expect(bad.verdict.verdict).not.toBe('booted');
      if (crash !== undefined) expect(bad.stderr + JSON.stringify(bad.verdict)).toContain(crash);
      // It is the machine of before, and boots its old kernel again.
      expect(await inGuest(lab, 'uname -r; cat /root/witness')).toBe(`${old}\nkept`);
      expect((await readState(lab.paths()))?.plan.kernel).toBeUndefined();
      const { stdout } = await lab.run('kernel', 'default');
      expect(stdout).toMatch(new RegExp(`^${old.replaceAll('.', '\\.')} +default, runs`, 'm'));
      expect(
        (await lab.run('kernel', 'remove', '--guest', '--yes', bad.verdict.version)).status,
      ).toBe(0);
      expect(await inGuest(lab, 'ls /boot /lib/modules')).not.toContain(`-${name}`);
    }
    expect((await lab.run('down')).status).toBe(0);
    expect((await lab.run('up', '--detach')).status).toBe(0);
    expect(await inGuest(lab, 'uname -r')).toBe(old);
  },
);
