import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { readConfigNote } from '../../../../src/kernel/config-note.ts';
import { findFragment, type KernelFragment } from '../../../../src/kernel/fragments.ts';
import { readKernelTree } from '../../../../src/kernel/kernel-tree.ts';
import {
  makeKernelConfig,
  type ConfigRequest,
  type MadeConfig,
} from '../../../../src/lifecycle/kernel/make-config.ts';
import { plainContext } from '../../../support/lifecycle-context.ts';
import { needsOfHost } from '../../../support/requirements.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

needsOfHost('compiler');

/** As much of a kernel's tree as its configuration takes; olddefconfig knows no KCSAN here. */
const treeFiles: Readonly<Record<string, string>> = {
  Makefile: `VERSION = 6
PATCHLEVEL = 1
SUBLEVEL = 5
EXTRAVERSION =
x86_64_defconfig:
	@echo CONFIG_DEFCONFIG=y > $(KCONFIG_CONFIG)
allnoconfig:
	@echo CONFIG_TINY=y > $(KCONFIG_CONFIG)
olddefconfig:
	@test ! -e broken || { echo 'Kconfig:3: syntax error' >&2; exit 1; }
	@echo '# Linux/x86 6.1.5 Kernel Configuration' > all
	@grep -v -e KCSAN "$(KCONFIG_CONFIG)" >> all
	@mv all "$(KCONFIG_CONFIG)"
`,
  Kconfig: 'config KCSAN\n\tbool "Races"\n\tdepends on DEBUG_KERNEL && !KASAN\n',
  'scripts/kconfig/merge_config.sh': 'shift; cat "$@" > .config\n',
  'init/main.c': '',
  'arch/x86/Makefile': '',
  'kernel/configs/tiny.config': 'CONFIG_OF_TINY=y\n',
};

function writeTree(folder: string): void {
  for (const [path, contents] of Object.entries(treeFiles)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), contents);
  }
}

async function make(folder: string, request: Partial<ConfigRequest> = {}): Promise<MadeConfig> {
  const tree = await readKernelTree(folder);
  return await makeKernelConfig(plainContext(folder, process.env), {
    tree,
    out: folder,
    base: { kind: 'defconfig' },
    named: [],
    files: [],
    set: [],
    menu: false,
    ...request,
  });
}

function named(name: string): KernelFragment {
  const fragment = findFragment(name);
  if (fragment === undefined) throw new Error(name);
  return fragment;
}

test('base, our fragment, those by name, files and single options, in this order', async () => {
  using folder = temporaryFolder();
  writeTree(folder.path);
  const made = await make(folder.path, {
    named: [named('kasan'), named('kcsan')],
    files: [{ path: '/f', text: 'CONFIG_A=1\nCONFIG_B=1\n' }],
    set: [['B', '2']],
  });
  const { options } = made.config;
  expect(Object.fromEntries(options)).toMatchObject({
    ...{ DEFCONFIG: 'y', VIRTIO_BLK: 'y', VHOST_NET: 'm', KASAN: 'y', A: '1', B: '2' },
  });
  expect(made.dropped).toEqual([
    {
      option: 'KCSAN',
      asked: 'y',
      have: 'n',
      ours: true,
      reason: { kind: 'needs', parts: ['!KASAN'] },
    },
    {
      option: 'KCSAN_EARLY_ENABLE',
      asked: 'y',
      have: 'n',
      ours: true,
      reason: { kind: 'unknown' },
    },
  ]);
  expect(await readConfigNote(folder.path)).toEqual({
    schema: 1,
    base: 'defconfig',
    with: ['kasan', 'kcsan'],
    set: ['B=2'],
    fragments: ['/f'],
  });
  expect(made).toMatchObject({ keptAs: undefined, unchanged: false });
  expect(statSync(made.file).mode & 0o777).toBe(0o666 & ~process.umask());
});

test('certificates that only a distribution has are left out, and said to be', async () => {
  using folder = temporaryFolder();
  writeTree(folder.path);
  writeFileSync(join(folder.path, 'mine.pem'), '');
  const keys =
    'CONFIG_SYSTEM_TRUSTED_KEYS="debian/keys.pem"\nCONFIG_SYSTEM_REVOCATION_KEYS="mine.pem"\n';
  const { config, keysLeftOut } = await make(folder.path, { base: { kind: 'file', text: keys } });
  expect(keysLeftOut).toEqual(['debian/keys.pem']);
  expect(config.options.get('SYSTEM_TRUSTED_KEYS')).toBe('""');
  expect(config.options.get('SYSTEM_REVOCATION_KEYS')).toBe('"mine.pem"');
});

test('tiny has what tinyconfig has, and gives hidden options back', async () => {
  using folder = temporaryFolder();
  writeTree(folder.path);
  const { config, file } = await make(folder.path, { base: { kind: 'tiny' } });
  expect(Object.fromEntries(config.options)).toMatchObject({
    TINY: 'y',
    OF_TINY: 'y',
    EXT4_FS: 'y',
  });
  expect(readFileSync(file, 'utf8')).toContain('# CONFIG_EXPERT is not set');
});

test('a .config that was there is kept, each under a name of its own, and an equal one is not touched', async () => {
  using folder = temporaryFolder();
  writeTree(folder.path);
  const file = join(folder.path, '.config');
  writeFileSync(file, 'CONFIG_MINE=y\n');
  expect(await make(folder.path)).toMatchObject({ keptAs: join(folder.path, '.config.orig') });
  const before = statSync(file);
  expect(await make(folder.path)).toMatchObject({ keptAs: undefined, unchanged: true });
  expect(statSync(file)).toMatchObject({ ino: before.ino, mtimeMs: before.mtimeMs });
  writeFileSync(file, 'CONFIG_OTHER=y\n');
  expect(await make(folder.path)).toMatchObject({ keptAs: join(folder.path, '.config.orig.1') });
  writeFileSync(file, 'CONFIG_MINE=y\n');
  expect(await make(folder.path)).toMatchObject({ keptAs: join(folder.path, '.config.orig') });
  expect(readFileSync(join(folder.path, '.config.orig'), 'utf8')).toBe('CONFIG_MINE=y\n');
});

test('what make says is shown, the .config stays, and nothing is left', async () => {
  using folder = temporaryFolder();
  writeTree(folder.path);
  writeFileSync(join(folder.path, '.config'), 'CONFIG_MINE=y\n');
  writeFileSync(join(folder.path, 'broken'), '');
  await expect(make(folder.path)).rejects.toMatchObject({
    code: 'kernel-unsuitable',
    message: `make olddefconfig failed in ${folder.path}.`,
    details: expect.arrayContaining(['Kconfig:3: syntax error']) as unknown,
  });
  expect(readFileSync(join(folder.path, '.config'), 'utf8')).toBe('CONFIG_MINE=y\n');
  expect(readdirSync(folder.path).filter((name) => name.endsWith('.draft'))).toEqual([]);
});

test('objects elsewhere: in a new folder, not in one that make cannot name, and never beside a tree that was built in', async () => {
  using folder = temporaryFolder();
  const tree = join(folder.path, 'tree');
  writeTree(tree);
  const out = join(folder.path, 'out');
  expect(await make(tree, { out })).toMatchObject({ file: join(out, '.config') });
  expect(existsSync(join(tree, '.config'))).toBe(false);
  await expect(make(tree, { out: join(folder.path, 'my out') })).rejects.toThrow(
    /has a blank or a colon/,
  );
  expect(existsSync(join(folder.path, 'my out'))).toBe(false);
  writeFileSync(join(tree, '.config'), 'CONFIG_A=y\n');
  await expect(make(tree, { out })).rejects.toMatchObject({ code: 'kernel-unsuitable' });
});

test.each([
  ['.', 'is no kernel tree: there is no such folder.'],
  ['Makefile', 'is no kernel tree: it has no Makefile of a kernel.'],
  ['init/main.c', 'is no kernel tree: init/main.c is missing in it.'],
  ['arch/x86/Makefile', 'is a kernel tree without x86.'],
])('a folder without %s %s', async (path, message) => {
  using folder = temporaryFolder();
  writeTree(folder.path);
  rmSync(join(folder.path, path), { recursive: true });
  await expect(readKernelTree(folder.path)).rejects.toThrow(message);
});
