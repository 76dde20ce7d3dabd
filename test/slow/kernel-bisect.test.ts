import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { quoteForShell } from '../../src/text/shell-words.ts';
import { testImage } from '../support/image.ts';
import { commitIn, gitIn, kernelClone } from '../support/kernel-clone.ts';
import { makeLab, type Lab } from '../support/lab.ts';
import { needsOfHost } from '../support/requirements.ts';

// Eight commits over Debian's source, of which one breaks something that a TEST in the guest sees,
// one does not build and one does not boot: built, booted and asked one after the other by git.
needsOfHost('qemu', 'image-tools', 'ssh', 'kernel-build', 'debian-source', 'git');

/** Adds a line of C behind a file. */
function append(folder: string, file: string, text: string): void {
  appendFileSync(join(folder, file), `${text}\n`);
}

function replace(folder: string, file: string, from: string, to: string): void {
  const path = join(folder, file);
  const text = readFileSync(path, 'utf8');
  expect(text).toContain(from);
  writeFileSync(path, text.replace(from, to));
}

/** The commits in their order, by what is wrong with them. */
function makeHistory(
  folder: string,
): Readonly<Record<'unbuilt' | 'regression' | 'panics', string>> {
  const [panic, sysctl] = ['kernel/panic.c', 'kernel/sysctl.c'] as const;
  const harmless = (number: number): string => {
    append(folder, 'kernel/ksysfs.c', `/* note ${number} */`);
    return commitIn(folder, `ksysfs: note ${number}`);
  };
  harmless(1);
  const broken = 'int utopia_trial(void) { return missing; }';
  append(folder, panic, broken);
  const unbuilt = commitIn(folder, 'panic: answer (does not build)');
  replace(folder, panic, broken, '');
  commitIn(folder, 'panic: build again');
  const crash = `static int __init utopia_trial(void) { *(volatile int *)0x28 = 1; return 0; }\nlate_initcall(utopia_trial);`;
  append(folder, panic, crash);
  const panics = commitIn(folder, 'panic: begin with it (does not boot)');
  replace(folder, panic, crash, '');
  commitIn(folder, 'panic: boot again');
  replace(folder, sysctl, '= NGROUPS_MAX;', '= 42;');
  const regression = commitIn(folder, 'sysctl: a group of 42');
  harmless(2);
  harmless(3);
  return { unbuilt, regression, panics };
}

/** `git bisect run utopia run --bisect … -- TEST`, as one types it; ends with git's status. */
async function bisect(
  lab: Lab,
  tree: string,
  ...words: readonly string[]
): Promise<{ readonly status: number | null; readonly output: string }> {
  const env = { ...lab.env, GIT_CONFIG_NOSYSTEM: '1' };
  const child = spawn('git', ['bisect', 'run', ...lab.command, ...words], {
    ...{ cwd: tree, env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  child.stdout.on('data', (piece: Buffer) => (output += piece.toString()));
  child.stderr.on('data', (piece: Buffer) => (output += piece.toString()));
  await once(child, 'close');
  return { status: child.exitCode, output };
}

test(
  'git bisect run finds the commit that breaks a test, past those that do not build or boot',
  { timeout: 3_600_000 },
  async () => {
    await using lab = await makeLab({ backing: await testImage() });
    using clone = await kernelClone(lab);
    const tree = clone.path;
    const base = gitIn(tree, 'rev-parse', 'HEAD').trim();
    const { regression, unbuilt, panics } = makeHistory(tree);
    const config = readFileSync(join(tree, '.config'), 'utf8');
    gitIn(tree, 'bisect', 'start', 'HEAD', base);
    const machine = ['--config', join(lab.folder, 'utopia.config'), 'run', '--bisect'] as const;
    const asked = ['--', 'sh', '-c', 'test "$(cat /proc/sys/kernel/ngroups_max)" = 65536'] as const;

    const { status, output } = await bisect(lab, tree, ...machine, ...asked);
    expect(status, output).toBe(0);
    expect(output).toContain(`${regression} is the first bad commit`);
    // The user's .config is theirs again, and nothing of git's is dirty.
    expect(readFileSync(join(tree, '.config'), 'utf8')).toBe(config);
    expect(gitIn(tree, 'status', '--porcelain')).toBe('');
    const logs = join(tree, '.git/utopia-bisect');
    const ofRegression = readdirSync(logs).find((name) => name.includes(regression.slice(0, 12)));
    const log = readFileSync(join(logs, ofRegression ?? ''), 'utf8');
    expect(log).toContain('  BUILD   arch/x86/boot/bzImage\n');
    expect(log).toMatch(/==> console\n[^]*\nWelcome to Debian GNU\/Linux [^\\]*\n/);
    expect(log).toContain('==> verdict\nbad: TEST ended with status 1.');

    // Those that are skipped, by themselves, and what a boot that fails may mean instead.
    const step = async (commit: string, ...more: readonly string[]): Promise<string> => {
      gitIn(tree, 'checkout', '--quiet', commit);
      const words = [...lab.command, ...machine, ...more, ...asked].map(quoteForShell).join(' ');
      const child = spawn('sh', ['-c', words], { cwd: tree, env: lab.env, stdio: 'pipe' });
      let said = '';
      child.stderr.on('data', (piece: Buffer) => (said += piece.toString()));
      await once(child, 'close');
      return `${child.exitCode} ${said}`;
    };
    expect(await step(unbuilt)).toMatch(/^125 [^]*skipped[^]*kernel\/panic\.c:\d+/);
    expect(await step(panics)).toMatch(/^125 [^]*skipped[^]*panicked/);
    expect(await step(panics, '--boot-failure-is', 'bad')).toMatch(/^1 [^]*bad[^]*panicked/);
    expect(lab.processes()).toEqual([]);
  },
);
