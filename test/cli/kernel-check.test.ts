import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { fragmentLine } from '../../src/kernel/config-text.ts';
import { machineFragment } from '../../src/kernel/fragments.ts';
import { makeLab } from '../support/lab.ts';

/** A .config as Kconfig writes it, of what utopia asks for and these changes. */
function configText(changes: Readonly<Record<string, string>> = {}): string {
  const lines = Object.entries(changes).map(([option, value]) => fragmentLine(option, value));
  return `# Linux/x86 6.1.192 Kernel Configuration\n${machineFragment.text}${lines.join('\n')}\n`;
}

test('kernel check: verdict and status, as text and as JSON', async () => {
  await using lab = await makeLab();
  writeFileSync(join(lab.folder, '.config'), configText());
  writeFileSync(join(lab.folder, 'modules'), configText({ VIRTIO_BLK: 'm', EXT4_FS: 'm' }));
  writeFileSync(join(lab.folder, 'bare'), configText({ EXT4_FS: 'n', '9P_FS': 'n' }));
  const boots = await lab.run('kernel', 'check');
  expect(boots).toMatchObject({ status: 0, stderr: '' });
  expect(boots.stdout).toMatch(/ Linux 6\.1\.192 boots as it is, without an initramfs\n$/);
  const needs = await lab.run('kernel', 'check', 'modules', '--json');
  expect(needs.status).toBe(0);
  expect(JSON.parse(needs.stdout)).toEqual({
    schema: 1,
    source: join(lab.folder, 'modules'),
    version: '6.1.192',
    verdict: 'needs-initramfs',
    findings: ['CONFIG_VIRTIO_BLK', 'CONFIG_EXT4_FS'].map((option) => ({
      option,
      want: 'y',
      have: 'm',
      effect: expect.stringContaining('VFS: Unable to mount root fs') as unknown,
      menu: expect.any(String) as unknown,
    })),
  });
  const stops = await lab.runOnTerminal('kernel', 'check', 'bare');
  expect(stops.status).toBe(69);
  expect(stops.stdout).toContain('will not boot: VFS: Unable to mount root fs');
  expect(stops.stdout).toMatch(/CONFIG_EXT4_FS is not set, should be y\r?\n/);
  expect(stops.stdout).toMatch(/CONFIG_9P_FS is not set, should be y or m\r?\n/);
});

test('kernel check and config refuse what is no kernel, with the next step', async () => {
  await using lab = await makeLab();
  mkdirSync(join(lab.folder, 'empty'));
  for (const words of [
    ['check', 'empty'],
    ['config', 'empty'],
  ]) {
    const { status, stderr, stdout } = await lab.run('kernel', ...words);
    expect({ status, stdout }).toEqual({ status: 69, stdout: '' });
    expect(stderr.replaceAll(/\s+/g, ' ')).toContain(
      'empty is no kernel tree: it has no Makefile of a kernel.',
    );
    expect(stderr).toMatch(/ Do  +Name the folder of a kernel's source/);
  }
});
