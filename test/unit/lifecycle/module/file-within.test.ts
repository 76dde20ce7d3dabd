import { execFileSync } from 'node:child_process';
import { mkdirSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { fileWithin } from '../../../../src/lifecycle/module/file-within.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

test('what is sent into a guest is a file of the folder, and nothing else', async () => {
  using aside = temporaryFolder();
  const folder = join(aside.path, 'module');
  mkdirSync(join(folder, 'sub'), { recursive: true });
  writeFileSync(join(folder, 'sub/a.ko'), '');
  writeFileSync(join(aside.path, 'secret'), '');
  symlinkSync('sub/a.ko', join(folder, 'a.ko'));
  symlinkSync('../secret', join(folder, 'out'));
  symlinkSync('/dev/zero', join(folder, 'zero'));
  execFileSync('mkfifo', [join(folder, 'pipe')]);

  const real = join(realpathSync(folder), 'sub/a.ko');
  expect(await fileWithin(folder, 'sub/a.ko')).toBe(real);
  expect(await fileWithin(folder, 'a.ko')).toBe(real);
  for (const [name, why] of [
    ['out', 'leads out of the folder'],
    ['zero', 'leads out of the folder, to /dev/zero'],
    ['pipe', 'is no file'],
    ['sub', 'is no file'],
    ['none', 'cannot be read'],
  ] as const) {
    await expect(fileWithin(folder, name)).rejects.toMatchObject({
      code: 'kernel-unsuitable',
      message: expect.stringContaining(why) as string,
    });
  }
});
