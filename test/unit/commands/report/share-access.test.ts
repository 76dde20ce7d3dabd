import { chmodSync, chownSync } from 'node:fs';
import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { watchRunBuild } from '../../../../src/commands/run/explain-failed-run.ts';
import { tellingShare } from '../../../../src/commands/report/share-access.ts';
import type { Context } from '../../../../src/context.ts';
import type { MachineState } from '../../../../src/machine/state.ts';
import { openTerminal } from '../../../../src/ui/terminal.ts';
import { needsOfHost } from '../../../support/requirements.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

needsOfHost('root');

/** A user id that no account of a test host has. */
const other = 54_002;

function listen() {
  const stderr = new PassThrough();
  const streams = { stdin: process.stdin, stdout: new PassThrough(), stderr };
  const terminal = openTerminal(streams as unknown as Parameters<typeof openTerminal>[0], {});
  return { terminal, heard: () => String(stderr.read() ?? '').replaceAll(/\s+/g, ' ') };
}

test('a command of user’s that fails beside a share closed to it says so; others do not', async () => {
  using folder = temporaryFolder();
  chmodSync(folder.path, 0o755);
  chownSync(folder.path, other, other);
  const plan = { sharedDir: folder.path, extraArgs: [] };
  const state = { plan, shareOwner: 'as-it-is' } as unknown as MachineState;
  const { terminal, heard } = listen();
  const run = async (login: string, status: number, quiet = false): Promise<string> => {
    const ended = await tellingShare({ terminal }, { quiet }, { login, state }, async () => status);
    expect(ended).toBe(status);
    return heard();
  };
  const trouble = `The share: user cannot write there (id ${other} owns it); root can: utopia ssh`;
  expect(await run('user', 2)).toContain(trouble);
  expect(await run('user', 0)).toBe('');
  expect(await run('user', 2, true)).toBe('');
  expect(await run('root', 2)).toBe('');
  chownSync(folder.path, 1000, 1000);
  expect(await run('user', 2)).toBe('');
});

test('a copy’s command that meets the read-only share is told what lets it write', async () => {
  using folder = temporaryFolder();
  const { terminal, heard } = listen();
  const context = { terminal, cwd: folder.path } as unknown as Context;
  const say = async (use: Parameters<typeof watchRunBuild>[0], text: string): Promise<string> => {
    const build = watchRunBuild(use);
    await build.alsoTo.stderr(Buffer.from(text));
    await build.say(context, { command: ['make'], outcome: 'exited', commandStatus: 1 });
    return heard();
  };
  const refused = "touch: cannot touch 'x': Read-only file system\n";
  expect(await say('read', refused)).toContain(
    'nobody can write there (it is shared to be read only); utopia run --rw, or --copy-in',
  );
  expect(await say('read', 'cat: x: No such file or directory\n')).toBe('');
  expect(await say('private', refused)).toBe('');
  // The host lets root write: what was read-only is something else in the guest.
  expect(await say('write', refused)).toBe('');
});
