import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { commitIn, gitIn } from '../support/kernel-clone.ts';
import { makeLab, type Lab } from '../support/lab.ts';
import { needsOfHost } from '../support/requirements.ts';
import { makeStandInKernel, writeIn } from '../support/stand-in-kernel.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

needsOfHost('git');

/** A repository of a small kernel in a folder `linux`, with a tag for each version. */
function makeRepository(parent: string, ...tags: readonly string[]): string {
  const tree = join(parent, 'linux');
  mkdirSync(tree);
  makeStandInKernel(tree);
  gitIn(tree, 'init', '--quiet', '--initial-branch=main');
  gitIn(tree, 'add', '--all');
  for (const tag of tags) {
    writeIn(tree, 'lib/lab.c', `int lab; /* ${tag} */\n`);
    commitIn(tree, `Linux ${tag}`);
    gitIn(tree, 'tag', tag);
  }
  return tree;
}

type Got = Awaited<ReturnType<Lab['run']>>;

async function get(lab: Lab, tree: string, ...words: readonly string[]): Promise<Got> {
  return await lab.run('-C', tree, 'kernel', 'get', ...words);
}

/** As a terminal would show it on one line. */
function flat({ stderr }: Pick<Got, 'stderr'>): string {
  return stderr.replaceAll(/\s+/g, ' ');
}

test('a tag gets a working tree of its own; the branch and its changes stay', async () => {
  using folder = temporaryFolder();
  await using lab = await makeLab();
  const tree = makeRepository(folder.path, 'v6.1.98', 'v6.1.99-rc1', 'v6.1.99');
  // Hooks of the repository run nothing.
  const hook = join(tree, '.git/hooks/post-checkout');
  writeIn(tree, '.git/hooks/post-checkout', `#!/bin/sh\ntouch '${folder.path}/hooked'\n`);
  chmodSync(hook, 0o755);
  writeIn(tree, 'lib/lab.c', 'mine\n');
  const got = await get(lab, tree, 'v6.1.98', '--json');
  const path = join(folder.path, 'linux-6.1.98');
  expect(got, got.stderr).toMatchObject({ status: 0, stderr: '' });
  expect(JSON.parse(got.stdout)).toEqual({
    ...{ schema: 1, path, version: '6.1.99', from: `${tree} v6.1.98`, sha256: null },
    ...{ verified: false, signature: null },
    commit: gitIn(tree, 'rev-parse', 'v6.1.98').trim(),
  });
  expect(readFileSync(join(path, 'lib/lab.c'), 'utf8')).toContain('v6.1.98');
  expect(readFileSync(join(tree, 'lib/lab.c'), 'utf8')).toBe('mine\n');
  expect(gitIn(tree, 'branch', '--show-current')).toBe('main\n');
  expect(existsSync(join(folder.path, 'hooked'))).toBe(false);
  // Without the v, from a folder below, into a folder of one's own; never over what is there.
  const named = await lab.run('-C', join(tree, 'lib'), 'kernel', 'get', '6.1.99-rc1', '../../mine');
  expect(named, named.stderr).toMatchObject({ status: 0 });
  expect(named.stdout).toContain(`${join(folder.path, 'mine')}\n  Linux 6.1.99, commit `);
  expect(await get(lab, tree, 'v6.1.98')).toMatchObject({ status: 73 });
  // The clone may be elsewhere, and be bare.
  const bare = join(folder.path, 'bare.git');
  gitIn(folder.path, 'clone', '--quiet', '--bare', tree, bare);
  const other = await lab.run('kernel', 'get', 'v6.1.99', 'from-bare', '--from', bare);
  expect(other, other.stderr).toMatchObject({ status: 0 });
  expect(existsSync(join(lab.folder, 'from-bare/Makefile'))).toBe(true);

  // A folder that somebody removed by hand is still known to git.
  rmSync(path, { recursive: true });
  const gone = await get(lab, tree, 'v6.1.98');
  expect(gone).toMatchObject({ status: 73 });
  expect(flat(gone)).toContain('worktree prune');
  gitIn(tree, 'worktree', 'prune');
  expect(await get(lab, tree, 'v6.1.98')).toMatchObject({ status: 0 });
});

test('a tag that is not there is fetched with consent alone', async () => {
  using folder = temporaryFolder();
  using second = temporaryFolder();
  await using lab = await makeLab();
  const upstream = makeRepository(folder.path, 'v6.1.98');
  const tree = join(second.path, 'linux');
  gitIn(second.path, 'clone', '--quiet', upstream, tree);
  writeIn(upstream, 'lib/lab.c', 'int later;\n');
  commitIn(upstream, 'Linux 6.1.99');
  gitIn(upstream, 'tag', 'v6.1.99');
  const refused = await get(lab, tree, '6.1.99');
  expect(refused).toMatchObject({ status: 69 });
  expect(flat(refused)).toContain(`has no tag v6.1.99. Nothing is fetched unasked. Do From origin`);
  expect(existsSync(join(second.path, 'linux-6.1.99'))).toBe(false);
  const fetched = await get(lab, tree, '6.1.99', '--fetch');
  expect(fetched, fetched.stderr).toMatchObject({ status: 0 });
  expect(fetched.stderr).toContain('fetch');
  const made = join(second.path, 'linux-6.1.99');
  expect(readFileSync(join(made, 'lib/lab.c'), 'utf8')).toBe('int later;\n');
  const unknown = await get(lab, tree, 'v6.1.200', '--fetch');
  expect(unknown).toMatchObject({ status: 69 });
  expect(flat(unknown)).toContain('origin (');
  rmSync(upstream, { recursive: true });
  expect(flat(await get(lab, tree, 'v6.1.201', '--fetch'))).toContain('could not be fetched');
  gitIn(tree, 'remote', 'remove', 'origin');
  expect(flat(await get(lab, tree, 'v6.1.201'))).toContain('no remote to fetch it from');
});

test('what is no tag, no clone or no kernel is refused, and nothing stays', async () => {
  using folder = temporaryFolder();
  await using lab = await makeLab();
  const tree = makeRepository(folder.path, 'v6.1.99');
  gitIn(tree, 'rm', '--quiet', '-r', 'init');
  commitIn(tree, 'no kernel');
  gitIn(tree, 'tag', 'v0.1');
  gitIn(tree, 'checkout', '--quiet', 'v6.1.99');
  expect(await get(lab, tree, 'v0.1')).toMatchObject({ status: 69 });
  expect(existsSync(join(folder.path, 'linux-0.1'))).toBe(false);
  expect(gitIn(tree, 'worktree', 'list').trim().split('\n')).toHaveLength(1);
  for (const name of ['../x', 'a..b', 'v6.1.99^{tree}']) {
    expect(await get(lab, tree, name), name).toMatchObject({ status: 64 });
  }
  const usage = async (...words: readonly string[]): Promise<string> => {
    const { status, stderr } = await lab.run('kernel', 'get', ...words);
    expect(status, stderr).toBe(64);
    return stderr.replaceAll(/\s+/g, ' ');
  };
  expect(await usage('v6.1.99', '--from', 'nowhere')).toContain('no clone');
  expect(await usage('--from', tree)).toContain('no tag named');
  expect(await usage('v6.1.99', '--from', tree, '--sha256', 'ab'.repeat(32))).toContain('--sha256');
  expect(await usage('v6.1.99', '--fetch')).toContain('--fetch');
  // A checkout that somebody else is in the middle of, with its own place said in the environment.
  const env = { ...lab.env, GIT_DIR: '/nowhere', GIT_WORK_TREE: '/nowhere' };
  execFileSync(lab.command[0], [lab.command[1], '-C', tree, 'kernel', 'get', 'v6.1.99'], {
    env,
    stdio: 'pipe',
  });
  expect(existsSync(join(folder.path, 'linux-6.1.99/init/main.c'))).toBe(true);
});
