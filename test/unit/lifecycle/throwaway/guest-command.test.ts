import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  checkFolder,
  commandScript,
  mountScript,
} from '../../../../src/lifecycle/throwaway/guest-command.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

/** The script as the guest's shell runs it, its group file elsewhere; gives status and output. */
function runLocally(script: string, groupFile: string): { status: number; stdout: string } {
  const text = script.replaceAll('/run/utopia-command', groupFile);
  try {
    return { status: 0, stdout: execFileSync('/bin/sh', ['-c', text]).toString() };
  } catch (error) {
    const { status, stdout } = error as { readonly status: number; readonly stdout: Buffer };
    return { status, stdout: stdout.toString() };
  }
}

describe('commandScript', () => {
  test('arguments and folder arrive as they are, the status returns', () => {
    using temporary = temporaryFolder();
    const folder = join(temporary.path, "it's a $folder");
    mkdirSync(folder);
    const group = join(temporary.path, 'group');
    const words = ['sh', '-c', 'printf "%s|" "$PWD" "$@"; exit 42', 'sh', 'a  b', "it's", '', '*'];
    expect(runLocally(commandScript(words, folder), group)).toEqual({
      status: 42,
      stdout: `${folder}|a  b|it's||*|`,
    });
    expect(runLocally(commandScript(['no-such-program'], folder), group).status).toBe(127);
    expect(runLocally(commandScript(['true'], join(folder, 'none')), group).status).toBe(126);
  });

  test('a command that a signal ends gives 128 and the signal', () => {
    using temporary = temporaryFolder();
    const group = join(temporary.path, 'group');
    for (const [name, status] of [
      ['INT', 130],
      ['TERM', 143],
      ['SEGV', 139],
    ] as const) {
      const script = commandScript(['sh', '-c', `kill -${name} $$`], '/tmp');
      expect(runLocally(script, group).status).toBe(status);
    }
    // To the whole group, as signalThere sends it: the shell around it stays.
    const all = commandScript(['sh', '-c', `kill -TERM $PPID $$`], '/tmp');
    expect(runLocally(all, group).status).toBe(143);
  });
});

test('mountScript quotes the folder and asks for what was asked', () => {
  expect(mountScript("/home/me/it's", false)).toMatch(
    /^mkdir -p '\/home\/me\/it'\\''s' && mount .*,ro shared '\/home/m,
  );
  expect(mountScript('/srv/lab', true)).toContain(',rw shared /srv/lab');
});

test.each(['/', '/usr', '/usr/src', '/home', '/etc/x', '/proc/1'])('%s is refused', (folder) => {
  expect(() => checkFolder(folder)).toThrow('a folder of its own');
});

test.each(['/home/me', '/root/lab', '/tmp/x', '/srv', '/usrlocal'])('%s is taken', (folder) => {
  expect(() => checkFolder(folder)).not.toThrow();
});
