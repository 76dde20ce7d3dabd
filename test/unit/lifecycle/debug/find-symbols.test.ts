import { copyFileSync, mkdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { findSymbols } from '../../../../src/lifecycle/debug/find-symbols.ts';
import { needsOfTest } from '../../../support/requirements.ts';
import { makeSymbols } from '../../../support/symbols.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

function writeIn(folder: string, path: string, text = ''): string {
  const file = join(folder, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  return file;
}

/** An ELF file, of the system's. */
function writeElf(folder: string, path: string): string {
  const file = writeIn(folder, path);
  copyFileSync('/bin/true', file);
  return file;
}

/** A build in the store of this cache, whose objects lie in `out`. */
function writeBuild(cache: string, name: string, version: string, out: string): string {
  const record = {
    ...{ schema: 1, name, version, source: '/s', out, fragments: [], bytes: 1 },
    ...{ builtAt: '2026-11-29T12:00:00Z', commit: null },
  };
  writeIn(cache, `utopia/kernels/${name}/build.json`, JSON.stringify(record));
  return writeIn(cache, `utopia/kernels/${name}/bzImage`);
}

const never = { askRelease: () => Promise.reject(new Error('nobody asks')) };

test('a build that the machine was started with has its symbols in its objects', async () => {
  using folder = temporaryFolder();
  const env = { XDG_CACHE_HOME: folder.path };
  const out = join(folder.path, 'out');
  const image = writeBuild(folder.path, 'mine', '6.1.9', out);
  const direct = { name: 'mine', version: '6.1.9', image };
  const missing = findSymbols(env, '/', undefined, { direct, ...never });
  await expect(missing).rejects.toMatchObject({
    code: 'kernel-unknown',
    details: [expect.stringContaining(out)],
  });
  const vmlinux = writeElf(out, 'vmlinux');
  expect(await findSymbols(env, '/', undefined, { direct, ...never })).toMatchObject({
    ...{ vmlinux, objects: undefined, scripts: undefined },
  });
  writeIn(out, '.config');
  // A tree that was moved: the link at its top leads nowhere.
  symlinkSync('/nowhere/vmlinux-gdb.py', join(out, 'vmlinux-gdb.py'));
  const file = writeIn(out, 'scripts/gdb/vmlinux-gdb.py');
  expect(await findSymbols(env, '/', undefined, { direct, ...never })).toMatchObject({
    ...{ vmlinux, objects: out, scripts: { file, folder: dirname(file) } },
  });
});

test('the bzImage of a tree has them in the tree', async () => {
  using folder = temporaryFolder();
  const env = { XDG_CACHE_HOME: join(folder.path, 'cache') };
  const image = writeIn(folder.path, 'linux/arch/x86/boot/bzImage');
  const vmlinux = writeElf(folder.path, 'linux/vmlinux');
  const direct = { name: 'bzImage', version: '6.1.9', image };
  expect(await findSymbols(env, '/', undefined, { direct, ...never })).toMatchObject({ vmlinux });
  truncateSync(vmlinux, 1_000);
  await expect(findSymbols(env, '/', undefined, { direct, ...never })).rejects.toMatchObject({
    code: 'kernel-unknown',
    message: expect.stringMatching(/vmlinux is no ELF file: it is damaged, or cut short/) as string,
  });
});

test("the disk's own kernel is asked for its release, and a build of that release is taken", async () => {
  using folder = temporaryFolder();
  const env = { XDG_CACHE_HOME: folder.path };
  const out = join(folder.path, 'out');
  writeBuild(folder.path, 'other', '6.1.8', join(folder.path, 'elsewhere'));
  writeBuild(folder.path, 'mine', '6.1.9-lab', out);
  const vmlinux = writeElf(out, 'vmlinux');
  const kernel = { direct: undefined, askRelease: () => Promise.resolve('6.1.9-lab') };
  expect(await findSymbols(env, '/', undefined, kernel)).toMatchObject({ vmlinux });
  const none = { direct: undefined, askRelease: () => Promise.resolve('6.1.0-99-amd64') };
  await expect(findSymbols(env, '/', undefined, none)).rejects.toMatchObject({
    hint: expect.stringContaining('utopia kernel symbols 6.1.0-99-amd64') as string,
  });
});

test('a file by name is taken where a debugger has use of it', async (context) => {
  needsOfTest(context, 'compiler');
  using folder = temporaryFolder();
  writeIn(folder.path, 'lab/k.c', 'no ELF file');
  const vmlinux = join(folder.path, 'lab/symbols');
  const kernel = { direct: undefined, ...never };
  const find = async (name: string): Promise<unknown> =>
    await findSymbols({}, join(folder.path, 'lab'), name, kernel);
  makeSymbols(vmlinux);
  expect(await find('symbols')).toMatchObject({ vmlinux });

  makeSymbols(join(folder.path, 'lab/bare'), ['-static', '-nostdlib']);
  makeSymbols(join(folder.path, 'lab/module.ko'), ['-g', '-c']);
  await expect(find('bare')).rejects.toThrow('has no debug information');
  await expect(find('module.ko')).rejects.toThrow('is a module, and no kernel');
  await expect(find('k.c')).rejects.toThrow('is no ELF file');
  await expect(find('gone')).rejects.toThrow(join(folder.path, 'lab/gone'));
});
