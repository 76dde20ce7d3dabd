import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { testImage } from '../support/image.ts';
import { makeLab, type Lab } from '../support/lab.ts';
import {
  enterRoot,
  nodeProgram,
  qemuRoot,
  qemuSuites,
  SuiteMissing,
} from '../support/qemu-roots.ts';
import { needsOfHost, skipBecause } from '../support/requirements.ts';

// The host's QEMU is upgraded under a suspended machine: QEMU itself promises nothing for the memory
// then, so it is refused with what to do, and is there when the old QEMU is back.
needsOfHost('qemu', 'image-tools', 'root', 'mount-namespaces');

async function succeeds(lab: Lab, ...words: readonly string[]): Promise<string> {
  const { status, stdout, stderr } = await lab.run(...words);
  expect(status, `${words.join(' ')}\n${stdout}${stderr}`).toBe(0);
  return stdout;
}

const [, before, ...later] = qemuSuites;

test('a state saved under an older QEMU is refused under newer ones, and lost under none', async (context) => {
  if (before === undefined) return;
  let roots: string[] = [];
  try {
    roots = [before, ...later].map((suite) => qemuRoot(suite));
  } catch (error) {
    if (!(error instanceof SuiteMissing)) throw error;
    skipBecause(context, error.message, 'UTOPIA_REQUIRE_QEMUS');
  }
  const entered = roots.map((root) => enterRoot(root));
  // The words before each command, changed when the QEMU is.
  const within = [...(entered[0]?.within ?? [])];
  const upgradeTo = (index: number): void => {
    within.splice(0, within.length, ...(entered[index]?.within ?? []));
  };
  try {
    await using lab = await makeLab({
      backing: await testImage(),
      config: ['UTOPIA_MEMORY_MB=512'],
      within,
      node: nodeProgram('22'),
    });
    await succeeds(lab, 'up', '--detach');
    await succeeds(lab, 'ssh', '--', 'echo memory > /run/mem; echo disk > /root/disk');
    await succeeds(lab, 'snapshot', 'save', 'before');
    await succeeds(lab, 'suspend');
    for (let index = 1; index < roots.length; index += 1) {
      upgradeTo(index);
      const up = await lab.run('up', '--detach');
      expect(up.status, up.stderr).toBe(69);
      expect(up.stderr).toMatch(/QEMU: 7\.2\.\d+ when it was saved, \d+\.\d+\.\d+ now/);
      expect(up.stderr).toContain('utopia up --cold');
      const copy = await lab.run('run', '--from', 'before', '--', 'true');
      expect(copy.status, copy.stderr).not.toBe(0);
      expect(copy.stderr).toContain('utopia run --cold --from before');
      expect(existsSync(join(lab.folder, 'private.qcow2.vmstate'))).toBe(true);
    }
    // Back under the old one it goes on where it was.
    upgradeTo(0);
    await succeeds(lab, 'up', '--detach');
    const seen = await succeeds(lab, 'ssh', '--', 'cat /run/mem /root/disk');
    expect(seen).toBe('memory\ndisk\n');
    await succeeds(lab, 'suspend');
    // And under the newest it boots, with its disk.
    upgradeTo(roots.length - 1);
    await succeeds(lab, 'up', '--cold', '--detach');
    expect(await succeeds(lab, 'ssh', '--', 'cat /root/disk')).toBe('disk\n');
    await succeeds(lab, 'down', '--force');
  } finally {
    for (const each of entered) each[Symbol.dispose]();
  }
});
