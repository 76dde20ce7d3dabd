import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { UtopiaError } from '../../../../src/errors.ts';
import { findKernel } from '../../../../src/lifecycle/launch/find-kernel.ts';
import { kernelImage } from '../../../support/kernel-image.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

const none = { kernel: undefined, initrd: undefined, append: '' };
/** A disk whose root cannot be told. */
const disk = { path: '/nowhere/disk.raw', format: 'raw' } as const;

test('a build is found with its modules, a file without', async () => {
  using folder = temporaryFolder();
  const store = join(folder.path, 'utopia/kernels/mine');
  await mkdir(store, { recursive: true });
  await writeFile(join(store, 'bzImage'), kernelImage('6.1.192'));
  await writeFile(join(store, 'modules.ext4'), 'x');
  await writeFile(
    join(store, 'build.json'),
    JSON.stringify({
      ...{ schema: 1, name: 'mine', version: '6.1.192', source: '/s', out: '/o', fragments: [] },
      ...{ bytes: 1, builtAt: '2026-11-29T12:00:00Z', commit: null },
    }),
  );
  const context = { env: { XDG_CACHE_HOME: folder.path }, cwd: folder.path };
  expect(await findKernel(context, none, disk)).toBeUndefined();
  const build = await findKernel(
    context,
    { ...none, kernel: 'mine', append: 'root=/dev/vda2' },
    disk,
  );
  expect(build).toMatchObject({
    name: 'mine',
    version: '6.1.192',
    image: join(store, 'bzImage'),
    modules: { file: join(store, 'modules.ext4'), stamp: expect.stringMatching(/^1 bytes of 2/) },
  });
  expect(build?.append).toMatch(/^root=\/dev\/vda1 rw .* root=\/dev\/vda2$/);
  const file = await findKernel(context, { ...none, kernel: join(store, 'bzImage') }, disk);
  expect(file).toMatchObject({ name: 'bzImage', version: '6.1.192', modules: undefined });
});

test.each<[string, { readonly kernel: string; readonly initrd?: string }, RegExp, RegExp]>([
  [
    'an unknown build',
    { kernel: 'mine' },
    /no build of a kernel called "mine"/,
    /utopia kernel build/,
  ],
  [
    'a file that is named like a build',
    { kernel: 'image' },
    /called "image"/,
    /--kernel \.\/image/,
  ],
  ['a file that is missing', { kernel: '/nowhere/x' }, /\/nowhere\/x cannot be read/, /bzImage/],
  ['a folder', { kernel: '/' }, /cannot be read: .*folder/, /bzImage/],
  [
    'an initramfs that is missing',
    { kernel: 'IMAGE', initrd: '/nowhere/i' },
    /initramfs \/nowhere\/i/,
    /--initrd/,
  ],
  ['a kernel of 32 bits', { kernel: 'NARROW' }, /32 bits/, /CONFIG_64BIT/],
])('%s is refused with what to do', async (_what, wish, message, hint) => {
  using folder = temporaryFolder();
  const image = join(folder.path, 'image');
  const narrow = join(folder.path, 'narrow');
  await writeFile(image, kernelImage('6.1.192'));
  await writeFile(narrow, kernelImage('6.1.192', { is64Bit: false }));
  const files: Readonly<Record<string, string>> = { IMAGE: image, NARROW: narrow };
  const kernel = files[wish.kernel] ?? wish.kernel;
  const context = { env: { XDG_CACHE_HOME: folder.path }, cwd: folder.path };
  const error: unknown = await findKernel(context, { ...none, ...wish, kernel }, disk).catch(
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(UtopiaError);
  expect(error).toMatchObject({
    message: expect.stringMatching(message),
    hint: expect.stringMatching(hint),
  });
});
