import { execFileSync } from 'node:child_process';
import { mkdirSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { buildNeeds, type BuildNeed } from '../../../../src/kernel/build-needs.ts';
import { isConfigCurrent, kconfigInputs } from '../../../../src/lifecycle/kernel/config-current.ts';
import { findProgram } from '../../../../src/host/find-program.ts';
import { requireOnHost } from '../../../../src/lifecycle/kernel/host-needs.ts';
import {
  listBuiltModules,
  measureTree,
  modulesImageArgv,
  modulesKey,
} from '../../../../src/lifecycle/kernel/modules-image.ts';
import { needsOfTest } from '../../../support/requirements.ts';
import { writeIn } from '../../../support/stand-in-kernel.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

test('all that is missing is named at once, with the option that asks for it', async () => {
  using folder = temporaryFolder();
  for (const name of ['make', 'gcc', 'ld']) symlinkSync('/bin/true', join(folder.path, name));
  const options = new Map([
    ['KERNEL_LZO', 'y'],
    ['OBJTOOL', 'y'],
  ]);
  const needs = buildNeeds({ options }, { llvm: false, ccache: false, modules: false });
  // No compiler that could be asked for headers.
  const wanted = { work: 'This', needs, compiler: 'utopia-no-such-compiler' };
  const failing = requireOnHost(wanted, { PATH: folder.path }, never);
  await expect(failing).rejects.toMatchObject({
    code: 'program-missing',
    message: expect.stringMatching(/flex, bison, bc, lzop \(CONFIG_KERNEL_LZO\)/) as string,
  });
});

const never = new AbortController().signal;

function need(name: string): BuildNeed {
  return { tool: 'gcc', name, sign: { kind: 'header', name } };
}

test('a header is what the compiler finds', async (context) => {
  needsOfTest(context, 'compiler');
  const env = { PATH: process.env['PATH'] };
  const lookFor = async (...names: readonly string[]): Promise<void> =>
    await requireOnHost({ work: 'This', needs: names.map(need), compiler: 'gcc' }, env, never);
  await lookFor('stdio.h');
  await expect(lookFor('stdio.h', 'utopia/none.h')).rejects.toThrow(/lacks: utopia\/none\.h\.$/);
});

function touch(path: string, at: number): void {
  utimesSync(path, at, at);
}

test('a config is current until it, or a Kconfig file, is newer than what was made of it', async () => {
  using folder = temporaryFolder();
  const [source, out] = [join(folder.path, 'source'), join(folder.path, 'out')];
  expect(await isConfigCurrent(source, out)).toBe(false);
  writeIn(source, 'Kconfig', '');
  writeIn(out, '.config', '');
  writeIn(out, 'include/config/auto.conf', '');
  expect(await isConfigCurrent(source, out)).toBe(false);
  writeIn(out, 'include/config/auto.conf.cmd', 'deps_config := \\\n\tKconfig \\\n\nx: y\n');
  for (const path of [join(source, 'Kconfig'), join(out, '.config')]) touch(path, 1000);
  expect(await isConfigCurrent(source, out)).toBe(true);
  const inFuture = statSync(join(out, 'include/config/auto.conf')).mtimeMs / 1000 + 10;
  touch(join(source, 'Kconfig'), inFuture);
  expect(await isConfigCurrent(source, out)).toBe(false);
  expect(kconfigInputs('x')).toEqual([]);
});

test('modules are those of modules.order, in the form of each version', async () => {
  using folder = temporaryFolder();
  const { path } = folder;
  expect(await listBuiltModules(path)).toEqual([]);
  writeFileSync(join(path, 'modules.order'), 'kernel/fs/a.ko\nlib/b.ko\nnet/c.o\nkernel/d.o\n');
  const modules = await listBuiltModules(path);
  expect(modules).toEqual(['fs/a.ko', 'lib/b.ko', 'net/c.ko', 'kernel/d.ko']);
  expect(await modulesKey(path, '6.1', modules)).toBeUndefined();
  for (const name of modules) writeIn(path, name, 'x');
  const key = await modulesKey(path, '6.1', modules);
  expect(await modulesKey(path, '6.1', modules)).toBe(key);
  expect(await modulesKey(path, '6.2', modules)).not.toBe(key);
  writeFileSync(join(path, 'net/c.ko'), 'longer');
  expect(await modulesKey(path, '6.1', modules)).not.toBe(key);
});

test.for([1, 300, 1500])('a file system fits %i modules', async (count, context) => {
  needsOfTest(context, 'kernel-build');
  using folder = temporaryFolder();
  const env = { PATH: process.env['PATH'] };
  const mke2fs = await findProgram('mke2fs', env);
  const tree = join(folder.path, 'tree');
  for (let at = 0; at < count; at += 1) {
    mkdirSync(join(tree, `kernel/${at % 50}`), { recursive: true });
    writeFileSync(
      join(tree, `kernel/${at % 50}/${at}.ko`),
      Buffer.alloc(1 + ((at * 37) % 30_000), 1),
    );
  }
  symlinkSync('/', join(tree, 'build'));
  const size = await measureTree(tree);
  const image = join(folder.path, 'image');
  const [program = '', ...args] = modulesImageArgv(mke2fs ?? '', { tree, image, ...size });
  execFileSync(program, args, { stdio: 'pipe' });
  expect(statSync(image).size).toBeLessThan(size.bytes * 1.1 + 4e6);
});
