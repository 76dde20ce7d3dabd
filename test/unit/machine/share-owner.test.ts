import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { MachinePlan } from '../../../src/machine/plan.ts';
import { chooseShareOwner } from '../../../src/machine/share-owner.ts';
import { needsOfHost } from '../../support/requirements.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

// Real user namespaces, as root and for the tests' own files.
needsOfHost('root', 'user-namespaces');

const root = 0;

function layOut(folder: string, mode: number, more: Partial<MachinePlan> = {}) {
  const sharedDir = join(folder, 'shared');
  mkdirSync(sharedDir);
  chmodSync(sharedDir, mode);
  const [overlay, image] = ['overlay', 'image'].map((name) => join(folder, name));
  for (const file of [overlay, image]) writeFileSync(file ?? '', '', { mode: 0o600 });
  const plan = { accelerator: 'tcg', overlay, sharedDir, disks: [], extraArgs: [], ...more };
  return { plan: plan as unknown as MachinePlan, image: image ?? '', sharedDir };
}

describe('the owner of the share, as the guest sees it', () => {
  test('is 1000 where the folder is ours alone, and its files stay ours', async () => {
    using folder = temporaryFolder();
    const { plan, image, sharedDir } = layOut(folder.path, 0o700);
    const owner = await chooseShareOwner(plan, image, root);
    if (owner.kind !== 'mapped') throw new Error(owner.kind);
    const [program = '', ...words] = owner.prefix;
    const seen = spawnSync(program, [...words, 'stat', '-c', '%u %g %a', sharedDir]);
    expect(String(seen.stdout)).toBe('1000 1000 700\n');
  });

  test('is what it is where others may open the folder, or it is another’s', async () => {
    using folder = temporaryFolder();
    const { plan, image, sharedDir } = layOut(folder.path, 0o755);
    expect(await chooseShareOwner(plan, image, root)).toEqual({ kind: 'as-it-is' });
    chmodSync(sharedDir, 0o700);
    chownSync(sharedDir, 54_001, 54_001);
    expect(await chooseShareOwner(plan, image, root)).toEqual({ kind: 'as-it-is' });
  });

  test('stays closed where root would lose what it needs: another’s image, arguments of its own', async () => {
    using folder = temporaryFolder();
    const { plan, image } = layOut(folder.path, 0o700);
    const closed = { kind: 'closed', uid: root };
    const extra = { ...plan, extraArgs: ['-device', 'vfio-pci,host=01:00.0'] };
    expect(await chooseShareOwner(extra, image, root)).toEqual(closed);
    chownSync(image, 54_001, 54_001);
    expect(await chooseShareOwner(plan, image, root)).toEqual(closed);
  });
});
