import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { makeLab, type Lab } from '../support/lab.ts';
import { needsOfHost } from '../support/requirements.ts';
import { writeIn } from '../support/stand-in-kernel.ts';
import { makeStandInQemuSource } from '../support/stand-in-qemu-source.ts';
import { installStandIn, type StandIn, type StandInScenario } from '../support/stand-in.ts';
import { temporaryFolder, type TemporaryFolder } from '../support/temporary-folder.ts';

needsOfHost('qemu-libraries');

interface Workshop extends AsyncDisposable {
  readonly lab: Lab;
  readonly standIn: StandIn;
  readonly source: string;
  readonly prefix: string;
  build(...words: readonly string[]): ReturnType<Lab['run']>;
}

/** A lab whose QEMU is a stand-in, and a source of that, which is installed without a blank in its path. */
async function openWorkshop(
  folder: TemporaryFolder,
  scenario: StandInScenario = {},
): Promise<Workshop> {
  const lab = await makeLab({ scenario: { ssh: 'banner', sector: 33, ...scenario } });
  const { standIn } = lab;
  if (standIn === undefined) throw new Error('there is no stand-in');
  const [source, prefix] = [join(folder.path, 'source'), join(folder.path, 'prefix')];
  makeStandInQemuSource(source, standIn);
  return {
    ...{ lab, standIn, source, prefix },
    build: async (...words) => await lab.run('qemu', 'build', source, '--prefix', prefix, ...words),
    [Symbol.asyncDispose]: async () => await lab[Symbol.asyncDispose](),
  };
}

test('QEMU is configured, built, installed and tried; a second time there is nothing to do', async () => {
  using folder = temporaryFolder();
  await using shop = await openWorkshop(folder);
  const { lab, source, prefix } = shop;
  const built = await shop.build('--json');
  expect(built).toMatchObject({ status: 0, stderr: '' });
  expect(JSON.parse(built.stdout)).toEqual({
    ...{ schema: 1, version: '7.2.22', prefix, binary: join(prefix, 'bin/qemu-system-x86_64') },
    ...{ features: ['virtfs', 'slirp', 'vnc', 'kvm', 'seccomp'], missingDevices: ['vmcoreinfo'] },
    firmware: [],
    ...{ verified: true, warnings: [], errors: [], ms: expect.any(Number) as number },
  });
  const configured = join(source, 'build/configured');
  expect(readFileSync(configured, 'utf8')).toBe(
    `--prefix=${prefix} --target-list=x86_64-softmmu --enable-slirp --enable-vnc --enable-kvm ` +
      '--enable-tools --disable-docs --disable-werror\n',
  );
  writeIn(source, 'hw/lab.c', 'static int unused(void) { return 0; }\n');
  const again = await shop.build();
  expect(again).toMatchObject({ status: 0 });
  expect(again.stderr).toContain('! hw/lab.c:1:12: ');
  expect(again.stderr).toContain('QEMU 7.2.22 does not offer virtfs.');
  expect(again.stdout).toContain('  warnings  1\n  tried     a machine boots with it\n');
  expect(readFileSync(configured, 'utf8').split('\n')).toHaveLength(2);
  // Other options: it is configured once more.
  const more = ['--without', 'vnc', '--with', 'docs', '--configure=--enable-debug'];
  expect(await shop.build(...more)).toMatchObject({ status: 0 });
  expect(readFileSync(configured, 'utf8')).toMatch(
    /--enable-kvm --enable-tools --enable-docs --disable-vnc --disable-werror --enable-debug\n$/,
  );
  expect(lab.processes()).toEqual([]);
});

test('a source that does not build, and a configure that fails, are told by their own words', async () => {
  using folder = temporaryFolder();
  await using shop = await openWorkshop(folder);
  const { source, prefix } = shop;
  writeIn(source, 'hw/lab.c', 'int lab(void)\n{\n\treturn missing + 0;\n}\nint more = 0;\n');
  const built = await shop.build('--json');
  expect(built).toMatchObject({ status: 65 });
  expect(JSON.parse(built.stdout)).toMatchObject({
    ...{ version: '7.2.22', binary: null, verified: null, features: [] },
    errors: [
      { file: 'hw/lab.c', line: 3, message: expect.stringContaining("'missing'") as string },
    ],
  });
  expect(built.stderr).toContain('✗ The build failed: 1 error.\n  hw/lab.c:3:16: ');
  expect(built.stderr).toContain(join(source, 'build/.utopia-build.log'));
  expect(existsSync(prefix)).toBe(false);

  rmSync(join(source, 'build'), { recursive: true });
  writeIn(
    source,
    'fails',
    'Library fdt found: NO\n\n../meson.build:2768:2: ERROR: Problem encountered: fdt not available\n\n' +
      'A full log can be found at /tmp/meson-log.txt\n\nERROR: meson setup failed\n',
  );
  const failed = await shop.build();
  expect(failed).toMatchObject({ status: 65, stdout: '' });
  expect(failed.stderr).toContain(
    '✗ QEMU was not configured.\n  | ../meson.build:2768:2: ERROR: Problem encountered: fdt not available\n',
  );
  writeIn(source, 'fails', 'cp: error writing config-host.h: No space left on device\n');
  expect(await shop.build()).toMatchObject({ status: 73 });
  writeIn(source, 'help', 'no help at all\n');
  expect((await shop.build()).stderr).toContain('The configure of QEMU 7.2.22 does not run.');
});

test('what stands in the way is said before anything is built', async () => {
  using folder = temporaryFolder();
  await using shop = await openWorkshop(folder);
  const { lab, source, prefix } = shop;
  const build = async (...words: readonly string[]): Promise<string> => {
    const { status, stderr } = await lab.run('qemu', 'build', ...words);
    return `${status} ${stderr.replaceAll(/\s+/g, ' ')}`;
  };
  mkdirSync(join(folder.path, 'empty'));
  expect(await build(join(folder.path, 'empty'))).toMatch(/^69 .*no source of QEMU.*qemu get/);
  expect(await build(join(folder.path, 'none'))).toMatch(/^69 .*no source of QEMU/);
  writeIn(folder.path, 'linux/Kbuild', '');
  expect(await build(join(folder.path, 'linux'))).toMatch(/^69 .*kernel's source.*kernel build/);
  expect(await build(source, '--prefix', './with blank')).toMatch(/^69 .*a blank or a colon/);
  expect(await build(source, '-o', source, '--prefix', prefix)).toMatch(
    /^69 .*in its source itself/,
  );
  writeIn(folder.path, 'file', '');
  const inFile = join(folder.path, 'file/prefix');
  expect(await build(source, '--prefix', inFile)).toMatch(/^73 .*file is no folder.*--prefix/);
  writeIn(folder.path, 'mine/letter', '');
  const mine = join(folder.path, 'mine');
  expect(await build(source, '--prefix', prefix, '-o', mine)).toMatch(/^73 .*is not empty/);
  const feature = await build(source, '--prefix', prefix, '--with', 'doc');
  expect(feature).toMatch(/^64 .*no feature "doc".*It has: docs/);
  // A prefix with a QEMU that nobody knows, and with one of another source.
  writeIn(prefix, 'bin/qemu-system-x86_64', '');
  expect(await build(source, '--prefix', prefix)).toMatch(/^73 .*not built.*--replace/);
  expect(await build(source, '--prefix', prefix, '--replace')).toMatch(/^0 /);
  const other = join(folder.path, 'other');
  makeStandInQemuSource(other, shop.standIn, '8.0.5');
  expect(await build(other, '--prefix', prefix)).toMatch(
    /^73 .*7\.2\.22, built from \S+source.*--prefix \S+prefix-8\.0\.5/,
  );
  writeIn(other, 'config-host.mak', '');
  expect(await build(other, '--prefix', `${prefix}2`)).toMatch(
    /^69 .*configured in itself.*distclean/,
  );
  expect(existsSync(join(source, 'build'))).toBe(true);
  expect(existsSync(join(other, 'build'))).toBe(false);
});

test('what the host lacks is named at once, with what installs it', async () => {
  using folder = temporaryFolder();
  await using shop = await openWorkshop(folder);
  const bin = join(folder.path, 'bin');
  mkdirSync(bin);
  shop.lab.env['PATH'] = bin;
  const none = await shop.build();
  expect(none).toMatchObject({ status: 69 });
  expect(none.stderr.replaceAll(/\s+/g, ' ')).toContain('lacks: gcc, make, python3, pkg-config');
  // Programs that do what is asked of them, and no library.
  for (const name of ['gcc', 'make', 'python3']) symlinkSync('/bin/true', join(bin, name));
  for (const name of ['sh', 'cat', 'dirname']) symlinkSync(`/bin/${name}`, join(bin, name));
  symlinkSync('/bin/false', join(bin, 'pkg-config'));
  writeIn(shop.source, 'meson.build', "error_message: 'virtio-9p (virtfs) requires libcap-ng'\n");
  writeIn(shop.source, 'configs/targets/x86_64-softmmu.mak', 'TARGET_NEED_FDT=y\n');
  const libraries = await shop.build();
  expect(libraries).toMatchObject({ status: 69 });
  expect(libraries.stderr.replaceAll(/\s+/g, ' ')).toMatch(
    /lacks: ninja, meson, GLib, pixman, zlib, libslirp/,
  );
  expect(existsSync(join(shop.source, 'build'))).toBe(false);
});

test('Ctrl-C stops make and its children, and the build goes on with the same command', async () => {
  using folder = temporaryFolder();
  await using shop = await openWorkshop(folder);
  const { lab, source, prefix } = shop;
  writeIn(source, 'slow', '');
  const running = lab.start('qemu', 'build', source, '--prefix', prefix);
  await expect.poll(() => existsSync(join(source, 'waits')), { timeout: 30_000 }).toBe(true);
  // Somebody else does not build in the same folder meanwhile.
  expect(await shop.build()).toMatchObject({ status: 75 });
  running.child.kill('SIGINT');
  const ended = await running.ended;
  expect(ended).toMatchObject({ status: 130 });
  expect(ended.stderr).toContain('what is built stays');
  expect(lab.processes()).toEqual([]);
  rmSync(join(source, 'slow'));
  expect(await shop.build()).toMatchObject({ status: 0 });
});

test('a QEMU with which nothing runs, and one that was not tried, are said', async () => {
  using folder = temporaryFolder();
  await using shop = await openWorkshop(folder, { sector: 1 });
  const { lab, standIn, prefix } = shop;
  const broken = await shop.build('--json');
  expect(broken).toMatchObject({ status: 69 });
  expect(JSON.parse(broken.stdout)).toMatchObject({ verified: false });
  expect(broken.stderr).toContain('QEMU was installed, but runs no guest.');
  standIn.setScenario({ sector: 33, dieAtOnce: { code: 1, stderr: 'qemu: no memory' } });
  const dying = await shop.build();
  expect(dying).toMatchObject({ status: 69 });
  expect(dying.stderr).toContain('the machine does not boot with it');
  expect(dying.stderr).toContain('no memory');
  standIn.setScenario({ sector: 33, netdevs: ['socket'] });
  const without = await shop.build();
  expect(without).toMatchObject({ status: 0 });
  expect(without.stdout).toContain('  without   slirp, vmcoreinfo\n');
  expect(without.stdout.replaceAll(/\s+/g, ' ')).toContain('built without -netdev user');
  // No image.
  standIn.setScenario({ sector: 33 });
  writeFileSync(join(lab.folder, 'utopia.config'), 'UTOPIA_ACCEL=tcg\n');
  const untried = await shop.build();
  expect(untried).toMatchObject({ status: 0 });
  expect(untried.stdout.replaceAll(/\s+/g, ' ')).toContain(
    `there is no image; utopia image build, then QEMU_BUILD_DIR=${prefix} utopia up`,
  );
});

test('list shows what there is, use puts it into utopia.config and leaves the rest', async () => {
  using folder = temporaryFolder();
  await using shop = await openWorkshop(folder);
  const { lab, source, prefix, standIn } = shop;
  const list = async (): Promise<readonly object[]> => {
    const { stdout } = await lab.run('qemu', 'list', '--json');
    const { qemus } = JSON.parse(stdout) as { qemus: readonly object[] };
    return qemus;
  };
  expect(await shop.build()).toMatchObject({ status: 0 });
  const [inUse, built] = await list();
  expect(inUse).toMatchObject({ name: 'qemu', place: standIn.prefix, kind: 'other', inUse: true });
  expect(built).toEqual({
    ...{ name: '7.2.22', version: '7.2.22', path: join(prefix, 'bin/qemu-system-x86_64') },
    ...{ place: prefix, kind: 'built', source, inUse: false, problem: null },
    features: ['virtfs', 'slirp', 'vnc', 'kvm', 'seccomp'],
    builtAt: expect.any(String) as string,
  });
  expect((await lab.run('qemu', 'list')).stdout).toContain('  7.2.22');

  const config = join(lab.folder, 'utopia.config');
  const before = readFileSync(config, 'utf8');
  const used = await lab.run('qemu', 'use', '7.2.22', '--json');
  expect(used).toMatchObject({ status: 0, stderr: '' });
  expect(JSON.parse(used.stdout)).toEqual({
    ...{ schema: 1, version: '7.2.22', path: join(prefix, 'bin/qemu-system-x86_64') },
    ...{ file: config, key: 'QEMU_BUILD_DIR', value: prefix },
  });
  expect(readFileSync(config, 'utf8')).toBe(
    before.replace(`QEMU_BUILD_DIR='${standIn.prefix}'`, `QEMU_BUILD_DIR='${prefix}'`),
  );
  expect((await list())[0]).toMatchObject({ name: '7.2.22', inUse: true });
  const same = await lab.run('qemu', 'use', prefix);
  expect(same.stdout).toContain(`utopia.config has it already: QEMU_BUILD_DIR=${prefix}`);

  // One that came with the lab's folder is not run by this; a path with a blank is quoted.
  installStandIn(lab.folder, {});
  const carried = await lab.run('qemu', 'use', './qemu');
  expect(carried).toMatchObject({ status: 0 });
  expect(carried.stdout).toContain('QEMU, ./qemu/bin/qemu-system-x86_64');
  expect(carried.stderr).toContain('utopia up asks before it runs');
  const [own] = await list();
  expect(own).toMatchObject({ inUse: true, version: null });
  expect(readFileSync(config, 'utf8')).toContain(`QEMU_BUILD_DIR='${join(lab.folder, 'qemu')}'`);

  expect(await lab.run('qemu', 'use', '9.9.9')).toMatchObject({ status: 69 });
  lab.env['QEMU_BUILD_DIR'] = standIn.prefix;
  const outranked = await lab.run('qemu', 'use', '7.2.22');
  expect(outranked).toMatchObject({ status: 78 });
  expect(outranked.stderr).toContain('is set in the environment');
});
