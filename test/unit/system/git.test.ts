import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { gitWords, runGit, withoutRepository } from '../../../src/system/git.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

/** A program in the place of git. */
function standIn(folder: string, script: string): NodeJS.ProcessEnv {
  writeFileSync(join(folder, 'git'), `#!/bin/sh\n${script}\n`);
  chmodSync(join(folder, 'git'), 0o755);
  return { PATH: `${folder}:${process.env['PATH']}` };
}

test('where a git around us has its repository is not handed on, and nobody is asked', async () => {
  using folder = temporaryFolder();
  const env = standIn(folder.path, 'env | grep -E "^(GIT|SSH|LC)_" | sort; echo "$@"');
  const around = { GIT_DIR: '/x/.git', GIT_WORK_TREE: '/x', GIT_SSH_COMMAND: 'ssh -v' };
  const { stdout } = await runGit(['log'], { cwd: folder.path, env: { ...env, ...around } });
  expect(stdout).not.toContain('/x');
  expect(stdout).toContain('GIT_SSH_COMMAND=ssh -v\n');
  expect(stdout).toContain('GIT_TERMINAL_PROMPT=0\n');
  expect(stdout).toContain('core.hooksPath=/dev/null');
  expect(withoutRepository({ ...around, HOME: '/h' })).toEqual({
    HOME: '/h',
    GIT_SSH_COMMAND: 'ssh -v',
  });
});

test('it ends by its status, its time limit, too much output, or a signal', async () => {
  using folder = temporaryFolder();
  const run = async (script: string, more: object = {}): ReturnType<typeof runGit> =>
    await runGit([], { cwd: folder.path, env: standIn(folder.path, script), ...more });
  expect(await run('echo no >&2; exit 3')).toEqual({ status: 3, stdout: '', stderr: 'no\n' });
  expect(await run('exec sleep 60', { timeoutMs: 100 })).toMatchObject({ status: undefined });
  expect(await run('exec cat /dev/zero')).toMatchObject({ status: undefined });
  const end = new AbortController();
  const ended = run('exec sleep 60', { signal: end.signal });
  end.abort(new Error('enough'));
  await expect(ended).rejects.toThrow('enough');
  await expect(run('', { signal: end.signal })).rejects.toThrow('enough');
});

test('a host without git is told what to install', async () => {
  using folder = temporaryFolder();
  const env = { PATH: folder.path };
  await expect(runGit(['log'], { cwd: folder.path, env })).rejects.toMatchObject({
    code: 'program-missing',
    hint: expect.stringContaining('git') as string,
  });
});

test('of its complaints the last lines are shown, each of a width', () => {
  const stderr = `one\rtwo\n\n${'x'.repeat(500)}\nthree\nfour\nfive\n`;
  const words = gitWords({ stderr });
  expect(words).toHaveLength(4);
  expect(words[0]?.length).toBeLessThanOrEqual(202);
  expect(words.at(-1)).toBe('| five');
});
