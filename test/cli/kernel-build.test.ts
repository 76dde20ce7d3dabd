import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { needsOfHost } from '../support/requirements.ts';
import { makeLab, type Lab } from '../support/lab.ts';
import { makeStandInKernel, standInConfig, writeIn } from '../support/stand-in-kernel.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { writeManifest, type VmStateManifest } from '../../src/vmstate/manifest.ts';
import { suspendedFiles } from '../../src/vmstate/suspended.ts';

needsOfHost('kernel-build');

const noWarnings = { warnings: [], errors: [] };

function buildFolder(lab: Lab, name: string): string {
  return join(lab.env['XDG_CACHE_HOME'] ?? '', 'utopia/kernels', name);
}

test('a kernel is built, kept with its modules, listed, named and removed', async () => {
  using source = temporaryFolder();
  await using lab = await makeLab();
  makeStandInKernel(source.path);
  writeIn(source.path, '.config', standInConfig());
  const folder = buildFolder(lab, '6.1.99-lab');
  const built = await lab.run('kernel', 'build', source.path, '--json');
  expect(built).toMatchObject({ status: 0, stderr: '' });
  expect(JSON.parse(built.stdout)).toEqual({
    ...{ schema: 1, name: '6.1.99-lab', version: '6.1.99-lab', ...noWarnings },
    ...{ image: join(folder, 'bzImage'), modules: join(folder, 'modules.ext4') },
    ms: expect.any(Number) as number,
  });
  const listing = execFileSync(
    '/usr/sbin/debugfs',
    ['-R', 'ls -p /', join(folder, 'modules.ext4')],
    {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    },
  );
  expect(listing).toContain('/kernel/');
  expect(listing).not.toContain('/build/');
  for (const name of [
    'bzImage',
    'modules.ext4',
    'config',
    'System.map',
    'build.json',
    'build.log',
  ]) {
    expect(statSync(join(folder, name)).mode & 0o777, name).toBe(0o600);
  }
  expect(readFileSync(join(folder, 'build.log'), 'utf8')).toContain('  CC      init/main.o\n');

  // Nothing is made anew, and a second name is a second build.
  const modules = statSync(join(folder, 'modules.ext4')).ino;
  const again = await lab.run('kernel', 'build', source.path);
  expect(again).toMatchObject({ status: 0 });
  expect(again.stdout).toMatch(/^6\.1\.99-lab: \S+ \S+, 1 module, in /);
  expect(again.stdout).toContain('next      utopia up --kernel 6.1.99-lab');
  expect(statSync(join(folder, 'modules.ext4')).ino).toBe(modules);
  await lab.run('kernel', 'build', source.path, '--name', 'ask3');
  const listed = JSON.parse((await lab.run('kernel', 'list', '--json')).stdout) as object;
  const version = '6.1.99-lab';
  expect(listed).toMatchObject({
    schema: 1,
    builds: [
      { name: '6.1.99-lab', version, image: join(folder, 'bzImage'), fragments: [], commit: null },
      { name: 'ask3', version },
    ],
  });
  expect((await lab.run('kernel', 'path', 'ask3')).stdout).toBe(
    `${join(buildFolder(lab, 'ask3'), 'bzImage')}\n`,
  );
  expect((await lab.run('kernel', 'path', 'ask3', '--objects')).stdout).toBe(`${source.path}\n`);
  expect(await lab.run('kernel', 'remove', 'ask3', 'gone')).toMatchObject({ status: 69 });
  expect((await lab.run('kernel', 'remove', 'ask3')).stderr).toContain('--yes');
  expect(await lab.run('kernel', 'remove', 'ask3', '--yes')).toMatchObject({ status: 0 });
  expect((await lab.run('kernel', 'list')).stdout).toMatch(/^6\.1\.99-lab .* just now\n$/);
});

test('a build that a suspended machine goes on with is named before it is removed', async () => {
  using source = temporaryFolder();
  await using lab = await makeLab({ scenario: {} });
  makeStandInKernel(source.path);
  writeIn(source.path, '.config', standInConfig());
  await lab.run('kernel', 'build', source.path, '--name', 'ask3');
  await lab.run('up', '--detach', '--no-wait');
  await lab.run('down', '--force');
  const saved: VmStateManifest = {
    ...{ schema: 1, savedAt: '2026-11-23T12:00:00.000Z', stateFile: 'x', stateBytes: 5 },
    ...{ qemuVersion: '7.2.22', machineType: 'pc', accelerator: 'tcg', cpuModel: 'default' },
    ...{ cpus: 2, memoryMiB: 1024, hardware: ['kernel ask3 (6.1.99-lab)'], argv: [] },
    ...{ disks: [], mounts: [] },
  };
  const { manifest } = suspendedFiles(join(lab.folder, 'private.qcow2'));
  await writeManifest(manifest, saved);
  const asked = await lab.run('kernel', 'remove', 'ask3');
  expect(asked.status).toBe(69);
  expect(asked.stderr.replaceAll(/\s+/g, ' ')).toMatch(
    /The memory of \S+ (?:\S+ )*\(suspended\) is lost with it, the disks stay\. Remove ask3/,
  );
  await writeManifest(manifest, { ...saved, hardware: ['kernel other (6.1.99-lab)'] });
  expect((await lab.run('kernel', 'remove', 'ask3')).stderr).not.toContain('The memory of');
});

test('a source that does not build: errors with their places, status 65, and the log', async () => {
  using source = temporaryFolder();
  await using lab = await makeLab();
  makeStandInKernel(source.path);
  writeIn(source.path, '.config', standInConfig());
  writeIn(source.path, 'init/main.c', 'int main(void)\n{\n\tint unused;\n\treturn missing;\n}\n');
  const built = await lab.run('kernel', 'build', source.path, '--json');
  expect(built).toMatchObject({ status: 65 });
  expect(JSON.parse(built.stdout)).toMatchObject({
    ...{ schema: 1, name: null, version: null, image: null, modules: null },
    warnings: [{ file: 'init/main.c', line: 3 }],
    errors: [
      { file: 'init/main.c', line: 4, message: expect.stringContaining("'missing'") as string },
    ],
  });
  expect(built.stderr).toContain('✗ The build failed: 1 error.\n  init/main.c:4:16: ');
  expect(built.stderr).toContain(join(source.path, '.utopia-build.log'));
  expect((await lab.run('kernel', 'list', '--json')).stdout).toContain('"builds":[]');
  // A warning alone fails nothing, and stands at the end.
  writeIn(source.path, 'init/main.c', 'int main(void)\n{\n\tint unused;\n\treturn 0;\n}\n');
  const warned = await lab.run('kernel', 'build', source.path);
  expect(warned).toMatchObject({ status: 0 });
  expect(warned.stderr).toContain('! init/main.c:3:13: unused variable ');
  expect(warned.stdout).toContain('  warnings  1\n');
});

test('objects go to another folder, and that folder names the build, too', async () => {
  using source = temporaryFolder();
  using out = temporaryFolder();
  await using lab = await makeLab();
  makeStandInKernel(source.path);
  writeIn(out.path, '.config', standInConfig(['X=y'], 'Linux/x86 5.10.1'));
  const built = await lab.run('kernel', 'build', source.path, '-o', out.path);
  expect(built).toMatchObject({ status: 0 });
  expect(built.stderr).toContain('was of 5.10.1; olddefconfig made it one of 6.1.99');
  expect(existsSync(join(source.path, 'vmlinux'))).toBe(false);
  const one = await lab.run(
    'kernel',
    'build',
    source.path,
    '-o',
    out.path,
    '--target',
    'vmlinux',
    '--json',
  );
  expect(JSON.parse(one.stdout)).toMatchObject({ name: null, image: null, ...noWarnings });
});

test('Ctrl-C stops make and its children, and the build goes on with the same command', async () => {
  using source = temporaryFolder();
  await using lab = await makeLab();
  makeStandInKernel(source.path);
  writeIn(source.path, '.config', standInConfig());
  writeIn(source.path, 'slow', '');
  const running = lab.start('kernel', 'build', source.path);
  await expect.poll(() => existsSync(join(source.path, 'waits'))).toBe(true);
  // Somebody else does not build in the same folder meanwhile.
  expect(await lab.run('kernel', 'build', source.path)).toMatchObject({ status: 75 });
  running.child.kill('SIGINT');
  const ended = await running.ended;
  expect(ended).toMatchObject({ status: 130 });
  expect(ended.stderr).toContain('what is built stays');
  expect(lab.processes()).toEqual([]);
  rmSync(join(source.path, 'slow'));
  expect(await lab.run('kernel', 'build', source.path)).toMatchObject({ status: 0 });
});

test('what stands in the way is said before anything is built', async () => {
  using source = temporaryFolder();
  await using lab = await makeLab();
  const build = async (...args: readonly string[]): Promise<string> => {
    const { status, stderr } = await lab.run('kernel', 'build', source.path, ...args);
    return `${status} ${stderr}`;
  };
  expect(await build()).toMatch(/^69 .*is no kernel tree/);
  expect((await lab.run('kernel', 'build', join(source.path, 'gone'))).stderr).toContain(
    'no folder',
  );
  makeStandInKernel(source.path);
  expect(await build()).toMatch(/^69 .*is not configured[^]*utopia kernel config/);
  writeIn(source.path, '.config', standInConfig([], 'Linux/arm64 6.1.99'));
  expect(await build()).toMatch(/^69 .*arm64/);
  writeIn(
    source.path,
    '.config',
    standInConfig().replace('CONFIG_64BIT=y', '# CONFIG_64BIT is not set'),
  );
  expect(await build()).toMatch(/^69 .*32 bits/);
  writeFileSync(join(source.path, '.config'), 'a shopping list\n');
  expect(await build()).toMatch(/^69 .*no configuration/);
  writeIn(source.path, '.config', standInConfig(['RUST=y', 'KERNEL_LZO=y']));
  expect(await build('-o', join(source.path, 'out'))).toMatch(/^69 .*is not configured/);
  expect(await build('--name', '-x')).toMatch(/^64 /);
  expect(await build('--name', '../x')).toMatch(/^64 /);
  writeIn(source.path, '.config', standInConfig(['MODULES=y', 'DEBUG_INFO=y', ...manyModules]));
  expect(await build()).toMatch(/^73 .*Too little room/);
  expect(existsSync(join(source.path, 'vmlinux'))).toBe(false);
});

/** Modules of a size that no disk has room for. */
const manyModules = Array.from({ length: 100_000 }, (_none, index) => `LAB_${index}=m`);
