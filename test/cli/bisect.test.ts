import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { requirements } from '../../src/kernel/requirements.ts';
import { labWithGuest, remainsOfCopies } from '../support/guest-lab.ts';
import { commitIn, gitIn } from '../support/kernel-clone.ts';
import { type Lab, type RunResult } from '../support/lab.ts';
import { needsOfHost } from '../support/requirements.ts';
import { makeStandInKernel, standInConfig, writeIn } from '../support/stand-in-kernel.ts';
import { temporaryFolder, type TemporaryFolder } from '../support/temporary-folder.ts';

// `git bisect run utopia run --bisect` with the real git. make builds a stand-in for a kernel, QEMU
// and ssh are stand-ins: TEST runs in the tree.
needsOfHost('kernel-build', 'qemu', 'ssh', 'git');

/** A .config that boots, by the table that judges it. */
const goodConfig = standInConfig(['MODULES=y', ...requirements.map(({ option }) => `${option}=y`)]);

/** A repository of a small kernel with a first commit; `answer` is what TEST asks. */
function makeTree(folder: TemporaryFolder): string {
  const tree = join(folder.path, 'linux');
  mkdirSync(tree);
  makeStandInKernel(tree);
  writeIn(tree, 'answer', '42\n');
  // As the kernel's own: objects and hidden files are nobody's.
  writeIn(
    tree,
    '.gitignore',
    '.*\n*.o\n*.ko\n/vmlinux\n/System.map\nmodules.order\nbzImage\n/include/config/\n',
  );
  gitIn(tree, 'init', '--quiet', '--initial-branch=main');
  gitIn(tree, 'add', '--all', '--force');
  commitIn(tree, 'a kernel');
  writeIn(tree, '.config', goodConfig);
  return tree;
}

function harmless(tree: string, number: number): string {
  appendFileSync(join(tree, 'lib/lab.c'), `/* ${number} */\n`);
  return commitIn(tree, `lab: note ${number}`);
}

/** A lab whose guest runs TEST in the tree, as the command of `action`. */
async function labOf(folder: TemporaryFolder, action: string): Promise<Lab> {
  return await labWithGuest(folder.path, action);
}

const answerIsRight = 'echo "asked of $(cat answer)"; test "$(cat answer)" = 42';

/** Runs a program in the tree, as the lab's user. */
async function runIn(lab: Lab, tree: string, ...words: readonly string[]): Promise<RunResult> {
  const [program = '', ...args] = words;
  const env = { ...lab.env, GIT_CONFIG_NOSYSTEM: '1' };
  const child = spawn(program, args, { cwd: tree, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (piece: Buffer) => (stdout += piece.toString()));
  child.stderr.on('data', (piece: Buffer) => (stderr += piece.toString()));
  await once(child, 'close');
  return { status: child.exitCode, stdout, stderr };
}

function stepWords(lab: Lab, ...options: readonly string[]): string[] {
  const config = ['--config', join(lab.folder, 'utopia.config')];
  return [...lab.command, ...config, 'run', '--bisect', ...options];
}

async function step(lab: Lab, tree: string, ...options: readonly string[]): Promise<RunResult> {
  return await runIn(lab, tree, ...stepWords(lab, ...options), '--', './test.sh');
}

async function bisect(lab: Lab, tree: string): Promise<RunResult> {
  return await runIn(lab, tree, 'git', 'bisect', 'run', ...stepWords(lab), '--', './test.sh');
}

function logsOf(tree: string): readonly string[] {
  return readdirSync(join(tree, '.git/utopia-bisect')).filter((name) => name.endsWith('.log'));
}

test('the commit that breaks TEST is found, past one that does not build', async () => {
  using folder = temporaryFolder();
  const tree = makeTree(folder);
  await using lab = await labOf(folder, answerIsRight);
  const base = gitIn(tree, 'rev-parse', 'HEAD').trim();
  harmless(tree, 1);
  harmless(tree, 2);
  writeIn(tree, 'init/main.c', 'int main(void) { return missing; }\n');
  const unbuilt = commitIn(tree, 'main: does not build');
  writeIn(tree, 'init/main.c', 'int main(void) { return 0; }\n');
  // An option that only later kernels have.
  appendFileSync(join(tree, 'Makefile'), '\n');
  const makefile = readFileSync(join(tree, 'Makefile'), 'utf8');
  writeIn(
    tree,
    'Makefile',
    makefile.replace("	@sed -i 's/", "	@echo CONFIG_NEW=y >> $(OUT)/.config\n	@sed -i 's/"),
  );
  commitIn(tree, 'main: builds again');
  writeIn(tree, 'answer', '43\n');
  const culprit = commitIn(tree, 'answer: one more \u202e\u001b[31m');
  harmless(tree, 3);
  harmless(tree, 4);
  gitIn(tree, 'bisect', 'start', 'HEAD', base);

  const found = await bisect(lab, tree);
  expect(found.status, found.stderr).toBe(0);
  expect(found.stdout).toContain(`${culprit} is the first bad commit`);
  const said = found.stderr.replaceAll(/[^\s,]* m?s\b/g, 'TIME');
  expect(said).toContain(`${unbuilt.slice(0, 12)} skipped, TIME: main: does not build\n`);
  expect(said).toContain('  The build failed: 1 error: init/main.c:1:');
  expect(said).toMatch(
    / bad, TIME: answer: one more \\u202e\\x1b\[31m\n {2}TEST ended with status 1/,
  );
  // A number each, the user's .config as it was, and a build.
  const logs = logsOf(tree).toSorted();
  expect(logs.map((name) => Number(name.slice(0, 2)))).toEqual(logs.map((_name, at) => at + 1));
  expect(readFileSync(join(tree, '.config'), 'utf8')).toBe(goodConfig);
  expect(gitIn(tree, 'status', '--porcelain')).toBe('');
  const log = (commit: string): string => {
    const name = logs.find((each) => each.includes(commit.slice(0, 12))) ?? '';
    return readFileSync(join(tree, '.git/utopia-bisect', name), 'utf8');
  };
  expect(log(culprit)).toContain('  BUILD   arch/x86/boot/bzImage\n');
  expect(log(culprit)).toContain(String.raw`answer: one more \u202e`);
  // No sequence of the guest's reaches who reads it.
  expect(log(culprit)).toContain('\nWelcome to Debian GNU/Linux 12 (bookworm)!\n');
  expect(log(culprit)).toContain('==> stdout of TEST\nasked of 43\n');
  expect(log(culprit)).toContain('==> verdict\nbad: TEST ended with status 1.');
  expect(log(unbuilt)).toContain('missing');
  const kernels = JSON.parse((await lab.run('kernel', 'list', '--json')).stdout) as object;
  expect(kernels).toMatchObject({ builds: [{ name: 'bisect' }] });
  expect(remainsOfCopies(lab)).toEqual({ files: [], processes: [] });

  // What olddefconfig has added is told where there is something.
  gitIn(tree, 'checkout', '--quiet', 'main');
  const json = await step(lab, tree, '--json');
  expect(JSON.parse(json.stdout)).toMatchObject({
    ...{ schema: 1, verdict: 'bad', status: 1, subject: 'lab: note 4' },
    configChanges: [{ option: 'NEW', was: 'n', is: 'y' }],
    build: { name: 'bisect', version: '6.1.99-lab' },
    run: { outcome: 'exited', commandStatus: 1, stdout: 'asked of 43\n' },
  });
  expect((await step(lab, tree)).stderr).toContain('1 option by olddefconfig: NEW\n');
});

test('the .config is that of the start: after git clean, and anew for another bisection', async () => {
  using folder = temporaryFolder();
  const tree = makeTree(folder);
  await using lab = await labOf(folder, answerIsRight);
  for (const number of [1, 2, 3]) harmless(tree, number);
  gitIn(tree, 'bisect', 'start', 'HEAD', 'HEAD~3');
  expect(await step(lab, tree)).toMatchObject({ status: 0 });
  expect(readFileSync(join(tree, '.git/utopia-bisect/config'), 'utf8')).toBe(goodConfig);
  gitIn(tree, 'clean', '-fdxq');
  expect(existsSync(join(tree, '.config'))).toBe(false);
  expect(await step(lab, tree)).toMatchObject({ status: 0 });
  expect(readFileSync(join(tree, '.config'), 'utf8')).toBe(goodConfig);
  expect(logsOf(tree)).toHaveLength(2);

  // Somebody who edits it is asked what is meant, and loses nothing.
  const edited = `${goodConfig}CONFIG_MINE=y\n`;
  writeIn(tree, '.config', edited);
  const changed = await step(lab, tree);
  expect(changed).toMatchObject({ status: 128 });
  expect(changed.stderr.replaceAll(/\s+/g, ' ')).toContain(
    'was changed since this bisection began',
  );
  expect(readFileSync(join(tree, '.config'), 'utf8')).toBe(edited);
  rmSync(join(tree, '.git/utopia-bisect/config'));
  expect(await step(lab, tree)).toMatchObject({ status: 0 });
  expect(readFileSync(join(tree, '.git/utopia-bisect/config'), 'utf8')).toBe(edited);

  // A step that was killed leaves its own .config, which is nobody's.
  writeIn(tree, '.git/utopia-bisect/under-way', '');
  writeIn(tree, '.config', standInConfig());
  expect(await step(lab, tree)).toMatchObject({ status: 0 });
  expect(readFileSync(join(tree, '.config'), 'utf8')).toBe(edited);

  // The next bisection takes what is there then, also between the same commits.
  gitIn(tree, 'bisect', 'reset');
  writeIn(tree, '.config', goodConfig);
  gitIn(tree, 'bisect', 'start', 'HEAD', 'HEAD~3');
  expect(await step(lab, tree)).toMatchObject({ status: 0 });
  expect(readFileSync(join(tree, '.git/utopia-bisect/config'), 'utf8')).toBe(goodConfig);
  expect(logsOf(tree)).toHaveLength(1);
});

test('what says nothing of a commit ends the bisection: 128, and what to do', async () => {
  using folder = temporaryFolder();
  const tree = makeTree(folder);
  await using lab = await labOf(folder, answerIsRight);
  const stops = async (...options: readonly string[]): Promise<string> => {
    const { status, stderr } = await step(lab, tree, ...options);
    expect(status, stderr).toBe(128);
    return stderr.replaceAll(/\s+/g, ' ');
  };
  expect(await stops()).toContain('git bisect start BAD GOOD git bisect run utopia run --bisect');
  // git would take 64 for the word that the commit is bad.
  expect(await stops('--timeuot', '3')).toContain('--timeuot');
  expect(await stops('--kernel', 'x')).toContain('--kernel');
  for (const number of [1, 2, 3]) harmless(tree, number);
  gitIn(tree, 'bisect', 'start', 'HEAD', 'HEAD~3');
  const wrong = await runIn(
    lab,
    tree,
    'git',
    'bisect',
    'run',
    ...stepWords(lab, '--rw'),
    '--',
    'x',
  );
  expect(wrong.status).not.toBe(0);
  expect(gitIn(tree, 'bisect', 'log')).not.toContain('git bisect bad');

  writeIn(tree, '.config', standInConfig(['MODULES=y']));
  expect(await stops()).toMatch(/does not boot in the machine.*utopia kernel check/);
  rmSync(join(tree, '.config'));
  expect(await stops()).toMatch(/no \.config .*utopia kernel config/);
  // Neither was kept: the next step takes the one that is there then.
  writeIn(tree, '.config', goodConfig);
  const image = /QCOW2_BACKING_FILE='(.*)'/.exec(
    readFileSync(join(lab.folder, 'utopia.config'), 'utf8'),
  )?.[1];
  rmSync(image ?? '');
  expect(await stops()).toContain(image);
  writeFileSync(image ?? '', Buffer.alloc(1 << 20, 'backing'));
  lab.standIn?.setScenario({ dieAtOnce: { code: 1, stderr: 'no luck' } });
  expect(await stops('--boot-failure-is', 'bad')).toContain('no luck');
  lab.standIn?.setScenario({});
  expect(await step(lab, tree)).toMatchObject({ status: 0 });
  gitIn(tree, 'bisect', 'reset');
  gitIn(tree, 'bisect', 'start', '--no-checkout', 'HEAD', 'HEAD~3');
  expect(await stops()).toContain('--no-checkout');
  const outside = await runIn(lab, folder.path, ...stepWords(lab), '--', 'x');
  expect(outside).toMatchObject({ status: 128 });
  expect(outside.stderr).toContain('no working tree');
});

test('a kernel that panics at its start is skipped, or bad', async () => {
  using folder = temporaryFolder();
  const tree = makeTree(folder);
  const words = 'Kernel panic - not syncing: Attempted to kill init!';
  const panic = [
    { afterClient: true, console: `[    1.0] ${words}\r\n` },
    { afterMs: 50, console: `[    1.1] ---[ end ${words} ]---\r\n`, processors: 'panicked' },
  ] as const;
  await using lab = await labOf(folder, answerIsRight);
  lab.standIn?.setScenario({ ssh: 'silent', steps: panic });
  for (const number of [1, 2, 3]) harmless(tree, number);
  gitIn(tree, 'bisect', 'start', '--term-old=fast', '--term-new=slow', 'HEAD', 'HEAD~3');
  const skipped = await step(lab, tree);
  expect(skipped, skipped.stderr).toMatchObject({ status: 125 });
  expect(skipped.stderr).toContain(' skipped, ');
  const bad = await step(lab, tree, '--boot-failure-is', 'bad');
  expect(bad, bad.stderr).toMatchObject({ status: 1 });
  // In the words of this bisection.
  expect(bad.stderr).toContain(' slow, ');
  const [, log = ''] = logsOf(tree).toSorted();
  expect(readFileSync(join(tree, '.git/utopia-bisect', log), 'utf8')).toContain(words);
});

test('Ctrl-C stops git, and the same command goes on', async () => {
  using folder = temporaryFolder();
  const tree = makeTree(folder);
  const action = `if [ -e hang ]; then echo begun; exec sleep 60; fi; ${answerIsRight}`;
  await using lab = await labOf(folder, action);
  for (const number of [1, 2, 3]) harmless(tree, number);
  gitIn(tree, 'bisect', 'start', 'HEAD', 'HEAD~3');
  const before = gitIn(tree, 'bisect', 'log');
  // While it is built, and while TEST runs; a terminal sends the signal to git as well.
  for (const [file, sign] of [
    ['slow', () => existsSync(join(tree, 'waits'))],
    ['hang', (said: string) => said.includes('begun')],
  ] as const) {
    writeIn(tree, file, '');
    const words = ['bisect', 'run', ...stepWords(lab), '--', './test.sh'];
    const env = { ...lab.env, GIT_CONFIG_NOSYSTEM: '1' };
    const options = { cwd: tree, env, detached: true, stdio: 'pipe' } as const;
    const child = spawn('git', words, options);
    let said = '';
    child.stdout.on('data', (piece: Buffer) => (said += piece.toString()));
    child.stderr.on('data', (piece: Buffer) => (said += piece.toString()));
    const ended = once(child, 'exit');
    await expect.poll(() => sign(said), { timeout: 60_000 }).toBe(true);
    process.kill(-(child.pid ?? 0), 'SIGINT');
    const [status, signal] = (await ended) as [number | null, string | null];
    expect([status === 0, signal === null && status === null]).toEqual([false, false]);
    rmSync(join(tree, file));
    rmSync(join(tree, 'waits'), { force: true });
    // utopia tidies up behind git's end; a step that begins meanwhile waits for it.
    expect(await step(lab, tree)).toMatchObject({ status: 0 });
    await expect.poll(() => remainsOfCopies(lab)).toEqual({ files: [], processes: [] });
    expect(readFileSync(join(tree, '.config'), 'utf8')).toBe(goodConfig);
    expect(gitIn(tree, 'bisect', 'log')).toBe(before);
  }
  const on = await bisect(lab, tree);
  expect(on.status, on.stderr).toBe(0);
});

test('objects elsewhere, another working tree of the clone, a commit without a kernel', async () => {
  using folder = temporaryFolder();
  const main = makeTree(folder);

  await using guest = await labOf(folder, answerIsRight);
  const base = gitIn(main, 'rev-parse', 'HEAD').trim();
  gitIn(main, 'rm', '-rq', '--cached', 'scripts', 'init');
  gitIn(main, 'commit', '--quiet', '--message', 'no kernel is left');
  const empty = gitIn(main, 'rev-parse', 'HEAD').trim();
  gitIn(main, 'reset', '--quiet', '--hard', base);
  for (const number of [1, 2, 3]) harmless(main, number);
  const tree = join(folder.path, 'second');
  gitIn(main, 'worktree', 'add', '--quiet', '--detach', tree, 'main');
  gitIn(tree, 'bisect', 'start', 'HEAD', base);
  const out = join(folder.path, 'out');
  writeIn(out, '.config', goodConfig);
  const built = await step(guest, tree, '-o', out);
  expect(built, built.stderr).toMatchObject({ status: 0 });
  expect(existsSync(join(out, 'vmlinux'))).toBe(true);
  expect(existsSync(join(tree, 'vmlinux'))).toBe(false);
  expect(existsSync(join(main, '.git/worktrees/second/utopia-bisect/config'))).toBe(true);
  expect(existsSync(join(main, '.git/utopia-bisect'))).toBe(false);
  // The source of another tree has its build under another name.
  gitIn(main, 'bisect', 'start', 'HEAD', base);
  expect(await step(guest, main)).toMatchObject({ status: 0 });
  const kernels = (await guest.run('kernel', 'list', '--json')).stdout;
  expect(kernels).toContain('"name":"bisect"');
  expect(kernels).toContain('"name":"bisect-2"');
  // Of a history that was merged into it, say.
  gitIn(main, 'checkout', '--quiet', '--force', empty);
  const skipped = await step(guest, main);
  expect(skipped, skipped.stderr).toMatchObject({ status: 125 });
});
