import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import {
  diskGccMajor,
  headersRelease,
  hostGccMajor,
  makeHeadersDisk,
} from '../support/headers-disk.ts';
import type { Lab } from '../support/lab.ts';
import { openModuleLab } from '../support/module-lab.ts';
import { needsOfHost } from '../support/requirements.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

// Modules built on this host: real make, gcc and ext4; kbuild is a stand-in.
needsOfHost('image-tools', 'compiler', 'kernel-build', 'bwrap');

/** Without what is hidden: the lock. */
const namesIn = (folder: string): string[] =>
  readdirSync(folder).filter((name) => !name.startsWith('.'));

const cached = (lab: Lab): string[] =>
  namesIn(join(lab.env['XDG_CACHE_HOME'] ?? '', 'utopia/headers'));

test('a module is built against the headers of the image, which are taken out once', async () => {
  await using lab = await openModuleLab();
  const first = await lab.run('module', 'build', lab.module);
  expect(first, first.stderr).toMatchObject({ status: 0 });
  expect(first.stdout).toMatch(/^hello\.ko: \d+ B, in /);
  expect(first.stderr).toContain(
    `headers     of ${headersRelease} taken out of the machine's image`,
  );
  expect(first.stderr).toMatch(/^ +\S host +(?:confined: )?gcc\S* fits 9\.9\.0-1-amd64 of /m);
  expect(existsSync(join(lab.module, 'hello.ko'))).toBe(true);
  expect(cached(lab)).toHaveLength(1);

  const again = await lab.run('module', 'build', lab.module, '--json');
  expect(again.status).toBe(0);
  expect(again.stderr).toBe('');
  expect(JSON.parse(again.stdout)).toEqual({
    ...{ schema: 1, outcome: 'built', where: 'host', kernel: headersRelease },
    why: expect.stringMatching(/^gcc\S* fits 9\.9\.0-1-amd64 of the image$/),
    confined: expect.any(Boolean),
    ...{ objects: ['hello.ko'], diagnostics: [], ms: expect.any(Number) },
  });
  expect(cached(lab)).toHaveLength(1);
});

test('errors and warnings have file, line and column, and the status is 65', async () => {
  await using lab = await openModuleLab();
  const broken = '#warning "so so"\nint hello = ;\n';
  writeFileSync(join(lab.module, 'hello.c'), broken);
  const { status, stdout, stderr } = await lab.run('module', 'build', lab.module);
  expect({ status, stdout }).toEqual({ status: 65, stdout: '' });
  expect(stderr).toContain('hello.c:1:2: #warning "so so"');
  expect(stderr).toMatch(/The build failed: 1 error\.\n.*hello\.c:2:13: expected expression/);
  const json = await lab.run('module', 'build', lab.module, '--json');
  expect(json.status).toBe(65);
  expect(JSON.parse(json.stdout)).toMatchObject({
    ...{ outcome: 'failed', objects: [] },
    diagnostics: [
      { file: 'hello.c', line: 2, column: 13, level: 'error' },
      { file: 'hello.c', line: 1, column: 2, level: 'warning' },
    ],
  });
});

test('without bwrap make is not confined, and that is said', async () => {
  using bin = temporaryFolder();
  for (const name of readdirSync('/usr/bin')) {
    if (name !== 'bwrap') symlinkSync(join('/usr/bin', name), join(bin.path, name));
  }
  await using lab = await openModuleLab({ env: { PATH: bin.path } });
  const { status, stderr } = await lab.run('module', 'build', lab.module);
  expect(status, stderr).toBe(0);
  expect(stderr).toContain('unconfined  its make can do all that you can: this host has no bwrap');
});

test('without bwrap programs of a foreign image do not run on this host', async () => {
  using bin = temporaryFolder();
  for (const name of readdirSync('/usr/bin')) {
    if (name !== 'bwrap') symlinkSync(join('/usr/bin', name), join(bin.path, name));
  }
  await using lab = await openModuleLab({ env: { PATH: bin.path }, isOurs: false });
  const { stderr } = await lab.run('module', 'build', lab.module);
  expect(stderr.replaceAll(/\s+/g, ' ')).toContain(
    "guest the image's programs run on this host only confined, and this host has no bwrap",
  );
});

test("where this host has not the kernel's compiler, the image's own builds, shut off from it", async () => {
  const options = { gccMajor: diskGccMajor, tools: true, isOurs: false };
  await using lab = await openModuleLab({ ...options, env: { HOME_OF_HOST: '' } });
  const first = await lab.run('module', 'build', lab.module);
  expect(first, first.stderr).toMatchObject({ status: 0 });
  const said = first.stderr.replaceAll(/\s+/g, ' ');
  expect(said).toContain("tools the image's tool chain, taken out of it");
  const own = `the image's own gcc-${diskGccMajor}, since this host has no gcc ${diskGccMajor}`;
  expect(said).toContain(`native confined: ${own}`);
  expect(readFileSync(join(lab.module, 'hello.ko'), 'utf8')).toBe('built \n');

  const again = await lab.run('module', 'build', lab.module, '--json');
  expect(JSON.parse(again.stdout)).toMatchObject({
    ...{ outcome: 'built', where: 'native', why: own, confined: true, objects: ['hello.ko'] },
  });
  const tools = join(lab.env['XDG_CACHE_HOME'] ?? '', 'utopia/tools');
  const [kept = ''] = namesIn(tools);
  expect(namesIn(tools)).toHaveLength(1);
  // Neither documents nor keys, and nothing beside the folder of the cache.
  expect(readdirSync(join(tools, kept, 'root')).toSorted()).toEqual([
    ...['bin', 'etc', 'lib', 'lib64', 'usr'],
  ]);
  expect(readdirSync(join(tools, kept, 'root/etc'))).toEqual(['alternatives']);

  // The same names in another disk may be anything.
  utimesSync(lab.backing, new Date(), new Date());
  await lab.run('module', 'build', lab.module);
  expect(namesIn(tools)).toHaveLength(2);
});

test.each([
  ['of another version', { gccMajor: 78, tools: true }, 'the image has no package gcc-78 either'],
  ['of no package', { gccMajor: 78 }, "the image's packages are not dpkg's"],
  [
    'with nothing of what is listed',
    { tools: true, more: [['var/lib/dpkg/info/tools.list', '/gone']] },
    `the image's gcc-${diskGccMajor} does not run on this host`,
  ],
] as const)('a tool chain %s leaves the build to the guest', async (_, options, why) => {
  await using lab = await openModuleLab({ gccMajor: diskGccMajor, ...options });
  const { stderr } = await lab.run('module', 'build', lab.module);
  const missing = 'gccMajor' in options ? options.gccMajor : diskGccMajor;
  expect(stderr.replaceAll(/\s+/g, ' ')).toContain(
    `guest this host has no gcc ${missing}, and ${why}`,
  );
});

test('what cannot be built is refused with the next step', async () => {
  await using lab = await openModuleLab();
  const empty = join(lab.module, 'empty');
  mkdirSync(empty);
  const cases: [string[], number, RegExp][] = [
    [['none'], 69, /none is no folder/],
    [[empty], 69, /has neither a Kbuild nor a Makefile/],
    // The lab's own folder has a blank.
    [[], 69, /takes no path with a blank/],
    [[lab.module, '--kernel', 'mine'], 69, /no build of a kernel called "mine"/],
    [[lab.module, '-j', '0'], 64, /-j/],
  ];
  for (const [words, status, pattern] of cases) {
    const result = await lab.run('module', 'build', ...words);
    expect(result.status, words.join(' ')).toBe(status);
    expect(result.stderr.replaceAll(/\s+/g, ' ')).toMatch(pattern);
  }
  writeFileSync(join(lab.module, 'Makefile'), '');
  const nothing = await lab.run('module', 'build', lab.module);
  expect(nothing.status).toBe(65);
  expect(nothing.stderr).toContain('Nothing was built');
});

test('headers that were installed in the private file count', async () => {
  using aside = temporaryFolder();
  const whole = makeHeadersDisk(aside.path);
  await using lab = await openModuleLab({ headers: false });
  const overlay = ['-B', lab.backing, '-F', 'raw', whole, join(lab.folder, 'private.qcow2')];
  execFileSync('qemu-img', ['convert', '-q', '-O', 'qcow2', ...overlay]);
  const { stderr } = await lab.run('module', 'build', lab.module);
  expect(stderr).toContain(`headers     of ${headersRelease} taken out of the machine's disk`);
});

test('an image without headers is told apart from one that fits', async () => {
  await using lab = await openModuleLab({ headers: false });
  const { status, stderr } = await lab.run('module', 'build', lab.module);
  expect(status).toBe(69);
  expect(stderr).toContain(`The headers of ${headersRelease} are not in`);
});

test('the compiler must be of the kernel’s version', async () => {
  await using lab = await openModuleLab({ gccMajor: hostGccMajor() + 1 });
  const { stderr } = await lab.run('module', 'build', lab.module);
  expect(stderr).toContain(`guest       this host has no gcc ${hostGccMajor() + 1}`);
  expect(readFileSync(join(lab.module, 'Makefile'), 'utf8')).toBe('obj-m := hello.o\n');
});

test('two builds in one folder wait for each other', async () => {
  await using lab = await openModuleLab();
  const [begun, go] = ['begun', 'go'].map((name) => join(lab.module, name));
  const wait = `touch ${begun}; while [ ! -e ${go} ]; do sleep 0.05; done`;
  writeFileSync(join(lab.module, 'Makefile'), `obj-m := hello.o\n$(shell ${wait})\n`);
  const first = lab.start('module', 'build', lab.module);
  await vi.waitUntil(() => existsSync(begun ?? ''), { timeout: 60_000 });
  const second = lab.start('module', 'build', lab.module);
  await second.sees(/another utopia builds in this/);
  writeFileSync(go ?? '', '');
  const ends = await Promise.all([first.ended, second.ended]);
  expect(ends.map(({ status }) => status)).toEqual([0, 0]);
});
