import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { skeletonFiles, skeletonKinds } from '../../src/module/skeleton/skeleton-files.ts';
import { suiteImage } from '../support/image.ts';
import { makeLab, type Lab } from '../support/lab.ts';
import { needsOfHost } from '../support/requirements.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

// Modules for Debian's kernels, built on this host and in the guest, and inserted there.
needsOfHost('qemu', 'image-tools', 'ssh', 'kernel-build', 'bwrap');

const submissions = join(import.meta.dirname, '../../fixtures/submissions');

/** A copy of a submission at a path that make takes. */
function moduleIn(folder: string, name: string, as = name): string {
  const place = join(folder, as);
  cpSync(join(submissions, name), place, { recursive: true });
  return place;
}

/** Every kind of `utopia module new` in one folder, so that one build makes all of them. */
function makeAllKinds(folder: string): string {
  const place = join(folder, 'kinds');
  mkdirSync(place);
  const objects: string[] = [];
  for (const kind of skeletonKinds) {
    const name = `my${kind}`;
    for (const file of skeletonFiles(name, kind)) {
      if (file.name === `${name}.c`) writeFileSync(join(place, file.name), file.text);
      if (file.name === 'test.sh') writeFileSync(join(place, `${name}.sh`), file.text);
    }
    objects.push(`${name}.o`);
  }
  writeFileSync(join(place, 'Kbuild'), `obj-m := ${objects.join(' ')}\n`);
  writeFileSync(join(place, 'test.sh'), 'for each in my*.sh; do sh "$each" || exit 1; done\n');
  return place;
}

interface Report {
  readonly outcome: string;
  readonly where: string;
  readonly kernel: string;
  readonly objects: readonly string[];
}

async function build(lab: Lab, ...words: readonly string[]): Promise<Report> {
  const { stdout, stderr } = await lab.run('module', 'build', '--json', ...words);
  expect(stdout, stderr).not.toBe('');
  return JSON.parse(stdout) as Report;
}

/** What /proc/answer of a module reads in a copy, and that it goes. */
async function tryModule(lab: Lab, folder: string): Promise<string> {
  const script = 'insmod ./answer.ko && cat /proc/answer && rmmod answer && uname -r';
  const place = ['-C', folder, '--config', join(lab.folder, 'utopia.config')];
  const { status, stdout, stderr } = await lab.run(...place, 'run', '--', 'sh', '-c', script);
  expect(status, stderr).toBe(0);
  return stdout;
}

test.each(['bookworm', 'trixie'])(
  'modules for %s that this host and the guest build load there',
  { timeout: 2_400_000 },
  async (suite) => {
    using aside = temporaryFolder();
    await using lab = await makeLab({ backing: await suiteImage(suite, 'lab') });
    const here = moduleIn(aside.path, 'anna');
    const first = await build(lab, here);
    expect(first).toMatchObject({ outcome: 'built', objects: ['answer.ko'] });
    expect(await tryModule(lab, here)).toBe(`42\n${first.kernel}\n`);

    const kinds = await lab.run('module', 'test', '--json', makeAllKinds(aside.path));
    expect(JSON.parse(kinds.stdout), kinds.stdout).toMatchObject({
      ...{ verdict: 'passed', reasons: [], build: { diagnostics: [] } },
    });

    // A host without any gcc: the image has one.
    const bin = join(aside.path, 'bin');
    mkdirSync(bin);
    for (const name of readdirSync('/usr/bin')) {
      if (!name.includes('gcc')) symlinkSync(join('/usr/bin', name), join(bin, name));
    }
    lab.env['PATH'] = bin;
    const native = moduleIn(aside.path, 'anna', 'native');
    expect(await build(lab, native)).toMatchObject({
      ...{ outcome: 'built', where: 'native', confined: true, objects: ['answer.ko'] },
    });
    expect(await tryModule(lab, native)).toBe(`42\n${first.kernel}\n`);

    // Nor bwrap to run it under.
    rmSync(join(bin, 'bwrap'));
    const there = moduleIn(aside.path, 'babis');
    expect(await build(lab, there)).toMatchObject({
      ...{ outcome: 'built', where: 'guest', objects: ['answer.ko'] },
    });
    expect(existsSync(join(there, 'answer.o'))).toBe(false);
    expect(await tryModule(lab, there)).toBe(`42\n${first.kernel}\n`);
    const faulty = moduleIn(aside.path, 'ilias');
    expect(await build(lab, faulty)).toMatchObject({
      ...{ outcome: 'failed', where: 'guest', objects: [] },
      diagnostics: [
        { file: 'answer.c', level: 'error' },
        { file: 'answer.c', level: 'error' },
      ],
    });
    expect(readdirSync(faulty).toSorted()).toEqual(['Makefile', 'answer.c']);

    // In the machine itself, where the one that is loaded makes room for it.
    lab.env['PATH'] = process.env['PATH'];
    const up = await lab.run('up', '--detach');
    expect(up.status, up.stderr).toBe(0);
    expect(await lab.run('module', 'load', here)).toMatchObject({ status: 0 });
    const inMachine = async (...words: readonly string[]): Promise<unknown> => {
      const { stdout } = await lab.run(...['module', 'test', '--json', '--in-machine', ...words]);
      return JSON.parse(stdout);
    };
    const reads = 'test "$(cat /proc/answer)" = 42';
    expect(await inMachine(here, '--', 'sh', '-c', reads)).toMatchObject({ verdict: 'passed' });
    expect(await inMachine(here, '--', 'false')).toMatchObject({ verdict: 'failed', status: 1 });
    const waits = await inMachine('--timeout', '8', here, '--', 'sh', '-c', 'exec sleep 1000');
    expect(waits).toMatchObject({ verdict: 'timed-out' });
    // What was left of that is gone with it.
    const { stdout: left } = await lab.run(
      'ssh',
      '--',
      'ls -d /run/utopia*; pgrep -x sleep; lsmod',
    );
    expect(left).not.toMatch(/utopia|^\d+$|^answer/m);
    await lab.run('down');
  },
);
