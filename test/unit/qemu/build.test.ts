import { expect, test } from 'vitest';
import { qemuNeeds, type TreeParts } from '../../../src/qemu/qemu-build-needs.ts';
import { adviseQemuBuild, createNinjaReader, shortenStep } from '../../../src/qemu/make-output.ts';
import { nameQemus, type Nameable } from '../../../src/qemu/qemu-names.ts';
import { findFirmware, readTreeParts } from '../../../src/qemu/tree-parts.ts';
import { writeIn } from '../../support/stand-in-kernel.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

test('what ninja prints is told from what the compiler says', () => {
  const read = createNinjaReader();
  const lines = [
    '[12/2565] Compiling C object libblock.fa.p/block_io.c.o',
    'FAILED: [code=1] libblock.fa.p/block_io.c.o ',
    'cc -m64 -Werror -c ../block/io.c: error: no complaint',
    '../block/io.c:3:1: error: expected ;',
    'ninja: build stopped: subcommand failed.',
    'make: *** [Makefile:165: run-ninja] Error 1',
  ];
  expect(lines.map(read)).toEqual([
    {
      ...{ kind: 'step', done: 12, total: 2565 },
      detail: 'Compiling C object libblock.fa.p/block_io.c.o',
    },
    { kind: 'gave-up', target: 'libblock.fa.p/block_io.c.o' },
    { kind: 'gave-up', target: undefined },
    { kind: 'other' },
    { kind: 'gave-up', target: undefined },
    { kind: 'other' },
  ]);
});

test.each([
  ['Compiling C object libblock.fa.p/block_io.c.o', 'C block_io.c.o'],
  ['Linking static target libblock.fa', 'link libblock.fa'],
  ['Linking target qemu-system-x86_64', 'link qemu-system-x86_64'],
  ['Generating trace/trace-root.h with a custom command', 'make trace/trace-root.h'],
  ['Something else', 'Something else'],
])('%s is shown as %s', (detail, shown) => {
  expect(shortenStep(detail)).toBe(shown);
});

test('what a host brings to an old source', () => {
  const said = ["static declaration of 'memfd_create' follows non-static declaration"];
  expect(adviseQemuBuild(said)).toContain('older than the C library');
  expect(adviseQemuBuild(["'x' undeclared"])).toBeUndefined();
});

const release: TreeParts = {
  ...{ meson: true, ownMeson: true, makesVenv: true, ownSlirp: false, ownFdt: true },
  ...{ needsFdt: true, virtfsNeeds: undefined },
};

function namesOf(parts: TreeParts, ...features: readonly string[]): string {
  return qemuNeeds(parts, new Set(features))
    .slice(5)
    .map(({ name }) => name)
    .join(', ');
}

test('a release, a distribution’s source and an old one need different things', () => {
  expect(namesOf(release, 'slirp', 'virtfs')).toBe(
    "ninja, Python's ensurepip, GLib, pixman, zlib, libslirp",
  );
  const debian: TreeParts = {
    ...release,
    ...{ ownMeson: false, makesVenv: false, ownFdt: false, virtfsNeeds: 'libcap-ng' },
  };
  expect(namesOf(debian, 'slirp', 'virtfs')).toBe(
    'ninja, meson, GLib, pixman, zlib, the headers of libfdt, libslirp, libcap-ng',
  );
  const old: TreeParts = {
    ...{ meson: false, ownMeson: false, makesVenv: false, ownSlirp: true, ownFdt: false },
    ...{ needsFdt: false, virtfsNeeds: 'libcap' },
  };
  expect(namesOf(old, 'slirp', 'virtfs')).toBe('GLib, pixman, zlib, the headers of libcap');
  expect(namesOf(old)).toBe('GLib, pixman, zlib');
});

test('what a tree brings along is read from its files', async () => {
  using folder = temporaryFolder();
  const tree = folder.path;
  writeIn(
    tree,
    'configure',
    'feature_not_found "virtfs" "VirtFS requires libcap devel and libattr"',
  );
  expect(await readTreeParts(tree)).toMatchObject({ meson: false, virtfsNeeds: 'libcap' });
  writeIn(
    tree,
    'meson.build',
    "error_message: 'virtio-9p (virtfs) on Linux requires libcap-ng-devel'",
  );
  writeIn(tree, 'python/wheels/meson-1.5.0-py3-none-any.whl', '');
  writeIn(tree, 'python/scripts/mkvenv.py', '');
  writeIn(tree, 'configs/targets/x86_64-softmmu.mak', 'TARGET_ARCH=x86_64\nTARGET_NEED_FDT=y\n');
  expect(await readTreeParts(tree)).toEqual({
    ...{ meson: true, ownMeson: true, makesVenv: true, ownSlirp: false, ownFdt: false },
    ...{ needsFdt: true, virtfsNeeds: 'libcap-ng' },
  });
});

test('firmware that the source does not bring is looked for on the host', async () => {
  using folder = temporaryFolder();
  const [tree, one, two] = ['tree', 'one', 'two'].map((name) => `${folder.path}/${name}`);
  if (tree === undefined || one === undefined || two === undefined) throw new Error('no folders');
  writeIn(one, 'kvmvapic.bin', '');
  writeIn(one, 'linuxboot_dma.bin', '');
  writeIn(two, 'bios-256k.bin', '');
  const places = [one, `${folder.path}/none`, two];
  expect(await findFirmware(tree, places)).toEqual({
    folders: [one, two],
    missing: ['vgabios-stdvga.bin'],
  });
  for (const name of ['bios-256k', 'vgabios-stdvga', 'kvmvapic', 'linuxboot_dma']) {
    writeIn(tree, `pc-bios/${name}.bin`, '');
  }
  expect(await findFirmware(tree, places)).toEqual({ folders: [], missing: [] });
});

function qemu(kind: Nameable['kind'], version: string, place: string): Nameable {
  return { kind, version, place, path: `${place}/bin/qemu-system-x86_64` };
}

test('names are as short as they can be', () => {
  expect(
    nameQemus([
      qemu('distribution', '7.2.22', '/usr'),
      qemu('built', '9.2.0', '/home/me/opt/qemu'),
      qemu('built', '8.0.5', '/home/me/opt/qemu-mine'),
      qemu('built', '8.0.5', '/home/me/opt/qemu-plain'),
      qemu('other', '8.0.5', '/usr/local'),
    ]),
  ).toEqual(['distribution', '9.2.0', 'qemu-mine', 'qemu-plain', 'local']);
});
