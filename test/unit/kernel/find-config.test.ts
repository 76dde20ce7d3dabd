import { mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { findKernelConfig, findNamedConfig } from '../../../src/kernel/find-config.ts';
import { createConfigSearch } from '../../../src/kernel/image-config.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const text =
  '#\n# Linux/x86 6.1.192 Kernel Configuration\n#\nCONFIG_64BIT=y\nCONFIG_VIRTIO_BLK=m\n';
const { signal } = new AbortController();

function write(folder: string, files: Readonly<Record<string, string | Buffer>>): void {
  for (const [path, contents] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), contents);
  }
}

/** What kernel/configs.c puts into a kernel, between other bytes. */
function kernelWith(config: string | undefined): Buffer {
  const inside =
    config === undefined
      ? Buffer.from('nothing')
      : Buffer.concat([Buffer.from('IKCFG_ST'), gzipSync(config), Buffer.from('IKCFG_ED')]);
  return Buffer.concat([
    Buffer.alloc(70_000, 'x'),
    Buffer.from('IKCFG_ST\0IKCFG_ED'),
    inside,
    Buffer.alloc(70_000, 'y'),
  ]);
}

/** A bzImage: one sector of setup, its head, and the payload. */
function bzImage(payload: Buffer, release = '6.1.192-lab'): Buffer {
  const setup = Buffer.alloc(1024);
  setup[0x1f1] = 1;
  setup.write('HdrS', 0x202, 'latin1');
  setup.writeUInt16LE(0x20f, 0x206);
  setup.writeUInt16LE(0x300 - 512, 0x20e);
  setup.write(`${release} (me@here) #1\0`, 0x300, 'latin1');
  setup.writeUInt16LE(1, 0x236);
  setup.writeUInt32LE(0, 0x248);
  setup.writeUInt32LE(payload.length, 0x24c);
  const body = Buffer.concat([payload, Buffer.alloc(16)]);
  setup.writeUInt32LE(Math.floor(body.length / 16), 0x1f4);
  return Buffer.concat([setup, body]);
}

test('the config lies in a bzImage, behind other marks', async () => {
  using folder = temporaryFolder();
  // The kernel's build writes the size behind the packed kernel.
  const payload = Buffer.concat([gzipSync(kernelWith(text)), Buffer.from([1, 2, 3, 4])]);
  write(folder.path, { bzImage: bzImage(payload) });
  const file = join(folder.path, 'bzImage');
  const found = await findKernelConfig(file, signal);
  expect(found).toMatchObject({ file, version: '6.1.192-lab', notes: [] });
  expect(found.config.options.get('VIRTIO_BLK')).toBe('m');
});

test.each([
  ['vmlinuz-6.1', 'config-6.1'],
  ['linux', 'config-6.1.192-lab'],
  ['linux', 'config'],
  ['bzImage', '.config'],
  ['arch/x86/boot/bzImage', '.config'],
])('without one in it, the config of %s is %s beside it', async (image, config) => {
  using folder = temporaryFolder();
  write(folder.path, { [config]: text, [image]: bzImage(gzipSync(kernelWith(undefined))) });
  const file = join(folder.path, config);
  utimesSync(file, 1, 1);
  const found = await findKernelConfig(join(folder.path, image), signal);
  expect(found).toMatchObject({ file, version: '6.1.192-lab' });
  expect(found.notes).toEqual([expect.stringMatching(/is taken for its own\.$/)]);
});

test('a config that is younger than the kernel is said to be', async () => {
  using folder = temporaryFolder();
  write(folder.path, { bzImage: bzImage(gzipSync(kernelWith(undefined))), '.config': text });
  utimesSync(join(folder.path, 'bzImage'), 1, 1);
  const { notes } = await findKernelConfig(join(folder.path, 'bzImage'), signal);
  expect(notes).toEqual([expect.stringMatching(/It has changed since the kernel was built\.$/)]);
});

test('a tree and a folder of objects have their .config, and the tree its version', async () => {
  using folder = temporaryFolder();
  write(folder.path, {
    '.config': text,
    Makefile: '# SPDX\nVERSION = 6\nPATCHLEVEL = 6\nSUBLEVEL = 0\nEXTRAVERSION = -rc1\n',
  });
  const found = await findKernelConfig(folder.path, signal);
  expect(found).toMatchObject({ file: join(folder.path, '.config'), version: '6.6.0-rc1' });
  expect(found.notes).toEqual([
    expect.stringMatching(/is of Linux 6\.1\.192, and the tree is 6\.6/),
  ]);
});

test('a packed config and a kernel that is not packed are read, too', async () => {
  using folder = temporaryFolder();
  write(folder.path, {
    'config.gz': gzipSync(text),
    vmlinux: Buffer.concat([Buffer.from('\x7fELF\0'), kernelWith(text)]),
  });
  for (const name of ['config.gz', 'vmlinux']) {
    const { config } = await findKernelConfig(join(folder.path, name), signal);
    expect(config.version).toBe('6.1.192');
  }
});

test('a part of a config is judged, and said to be one', async () => {
  using folder = temporaryFolder();
  write(folder.path, { x86_64_defconfig: 'CONFIG_SMP=y\n' });
  const { notes } = await findKernelConfig(join(folder.path, 'x86_64_defconfig'), signal);
  expect(notes).toEqual([expect.stringMatching(/may be a part of a configuration/)]);
});

test.each<[string, Record<string, string | Buffer>, RegExp]>([
  ['gone', {}, /gone cannot be read: there is no such file\.$/],
  ['text', { text: 'hello\n' }, /text is no kernel configuration: it sets no CONFIG_ option\.$/],
  [
    'arm',
    { arm: text.replace('Linux/x86', 'Linux/arm64') },
    /is a configuration for arm64, and the machine has an x86-64/,
  ],
  ['.', { 'a.c': '' }, /is no kernel tree: it has no Makefile of a kernel\.$/],
  [
    'bzImage',
    { bzImage: bzImage(gzipSync(kernelWith(text))).subarray(0, 1100) },
    /cannot be booted: it is cut short/,
  ],
  [
    'bzImage',
    { bzImage: bzImage(Buffer.from('another packing')) },
    /cannot be unpacked: it is packed in a way that is not known/,
  ],
  [
    'bzImage',
    { bzImage: bzImage(Buffer.from('1f8b08ffffffffffffffff', 'hex')) },
    /cannot be unpacked: it is no gzip inside\.$/,
  ],
  [
    'bzImage',
    { bzImage: bzImage(gzipSync(kernelWith(undefined))) },
    /holds no configuration \(CONFIG_IKCONFIG\), and none lies beside it\.$/,
  ],
  ['binary', { binary: Buffer.alloc(9000) }, /holds no configuration/],
  [
    'big',
    { big: '#'.repeat(5 * 1024 ** 2) },
    /big cannot be read: it has \d+ bytes; at most 4194304 are read\.$/,
  ],
])('%s of %j is refused', async (name, files, message) => {
  using folder = temporaryFolder();
  write(folder.path, files);
  await expect(findKernelConfig(join(folder.path, name), signal)).rejects.toThrow(message);
});

test('marks are found wherever pieces are cut', () => {
  const kernel = kernelWith(text).subarray(69_990, 70_300);
  for (let cut = 1; cut < kernel.length; cut += 1) {
    const search = createConfigSearch();
    search.take(kernel.subarray(0, cut));
    search.take(kernel.subarray(cut));
    expect(search.result()).toEqual({ kind: 'found', text });
  }
});

test('a name is a file of the current folder first, then a build of the store', async () => {
  using folder = temporaryFolder();
  const [cwd, cache] = [join(folder.path, 'lab'), join(folder.path, 'cache')];
  const record = {
    ...{ schema: 1, name: 'lab', version: '6.1.192-lab', source: '/src', out: '/out' },
    ...{ fragments: [], bytes: 1, builtAt: '2026-11-29T12:00:00.000Z', commit: null },
  };
  const stored = join(cache, 'utopia/kernels/lab');
  write(stored, { 'build.json': JSON.stringify(record), '.config': text });
  mkdirSync(cwd);
  const place = { cwd, env: { XDG_CACHE_HOME: cache }, signal };
  expect((await findNamedConfig(place, 'lab')).file).toBe(join(stored, '.config'));
  write(cwd, { lab: text });
  expect((await findNamedConfig(place, 'lab')).file).toBe(join(cwd, 'lab'));
  const code = 'kernel-unsuitable';
  await expect(findNamedConfig(place, 'none')).rejects.toMatchObject({ code });
});
