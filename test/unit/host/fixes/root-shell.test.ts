import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openRootShell } from '../../../../src/host/fixes/root-shell.ts';
import { commandWords } from '../../../../src/host/fixes/script.ts';
import { isNotPermitted, refusesAll } from '../../../../src/host/fixes/elevation.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

/** Makes a program that takes su's place: it runs the line behind -c, as this user. */
function standIn(folder: string, text: string): string {
  const path = join(folder, 'su');
  writeFileSync(path, `#!/bin/sh\n${text}\n`);
  chmodSync(path, 0o755);
  return path;
}

const runsLine = 'while [ "$1" != -c ]; do shift; done\nexec sh -c "$2"';
const never = new AbortController().signal;
const timeoutMs = 60_000;

it('hands every word on as it is, one password for all commands', async () => {
  using folder = temporaryFolder();
  const started = join(folder.path, 'started');
  const su = standIn(folder.path, `echo x >> '${started}'\n${runsLine}`);
  const shell = openRootShell(never, () => undefined, su);
  const hostile = [
    "it's; touch PWNED #",
    '$(touch PWNED)',
    '`touch PWNED`',
    'a\nb\n\ntouch PWNED',
    '-n',
    '',
    'κόσμος "x" \\ !',
  ];
  const file = join(folder.path, "a 'file'\nwith $HOME");
  for (const word of hostile) {
    const argv = ['sh', '-c', 'printf "%s" "$1" > "$2"', 'sh', word, file];
    expect(await shell.run(argv, timeoutMs)).toEqual({ done: true });
    expect(readFileSync(file, 'utf8')).toBe(word);
  }
  shell.close();
  expect(readFileSync(started, 'utf8')).toBe('x\n');
});

it('tells a status, the last words, and a program that is not there', async () => {
  using folder = temporaryFolder();
  const shell = openRootShell(never, () => undefined, standIn(folder.path, runsLine));
  const failing = await shell.run(['sh', '-c', 'cat; echo out; echo why >&2; exit 3'], timeoutMs);
  expect(failing).toEqual({
    done: false,
    reason: 'it ended with status 3',
    output: ['out', 'why'],
  });
  expect(await shell.run(['no-such-program'], timeoutMs)).toMatchObject({
    done: false,
    reason: 'there is no program no-such-program',
  });
  // What a command prints does not pass for its end.
  const lying = ['sh', '-c', 'echo 01234567-0123-0123-0123-0123456789ab 0; exit 4'];
  expect(await shell.run(lying, timeoutMs)).toMatchObject({ reason: 'it ended with status 4' });
  const long = await shell.run(['sh', '-c', 'yes | head -c 3000000; exit 5'], timeoutMs);
  expect(long).toMatchObject({ done: false, reason: 'it ended with status 5' });
  expect(JSON.stringify(long).length).toBeLessThan(300_000);
  shell.close();
});

it('has a PATH of its own: a program of the user’s does not run as root', async () => {
  using folder = temporaryFolder();
  const shell = openRootShell(never, () => undefined, standIn(folder.path, runsLine));
  const seen = join(folder.path, 'seen');
  await shell.run(['sh', '-c', `echo "$PATH:$EVIL" > '${seen}'`], timeoutMs);
  expect(readFileSync(seen, 'utf8')).toBe(
    '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:\n',
  );
  shell.close();
});

it('says that a shell which was ended is gone', async () => {
  using folder = temporaryFolder();
  const shell = openRootShell(never, () => undefined, standIn(folder.path, runsLine));
  const outcome = await shell.run(['sh', '-c', 'kill -9 $(ps -o ppid= $PPID)'], timeoutMs);
  expect(outcome).toMatchObject({ done: false, reason: 'root’s shell ended' });
});

it.each([
  ['su: Authentication failure', 1, /not root’s password, or root has none/, 3],
  ['su: Permission denied', 1, /pam_wheel/, 1],
  ['su: incorrect password', 1, /not root’s password/, 3],
  ['', 127, /did not become root/, 1],
])('%s: status %s', async (text, status, reason, tries) => {
  using folder = temporaryFolder();
  const log = join(folder.path, 'log');
  const su = standIn(folder.path, `echo x >> '${log}'; echo '${text}' >&2; exit ${status}`);
  const said: string[] = [];
  const shell = openRootShell(never, (line) => void said.push(line), su);
  expect(shell.refusal()).toBeUndefined();
  expect(await shell.run(['true'], timeoutMs)).toMatchObject({
    done: false,
    reason: expect.stringMatching(reason) as unknown,
  });
  expect(shell.refusal()).toMatch(reason);
  // Nobody is asked again.
  expect(await shell.run(['true'], timeoutMs)).toMatchObject({ done: false });
  expect(readFileSync(log, 'utf8')).toBe('x\n'.repeat(tries));
  expect(said).toHaveLength(tries - 1);
});

it('a su that is not there', async () => {
  const shell = openRootShell(never, () => undefined, '/nowhere/su');
  expect(await shell.run(['true'], timeoutMs)).toMatchObject({ done: false });
});

it.each([
  ['alice is not in the sudoers file.', true, true],
  ['Sorry, user alice may not run sudo on lab.', true, true],
  ["Sorry, user alice is not allowed to execute '/usr/sbin/usermod' as root on lab.", true, true],
  ['doas: Operation not permitted', true, true],
  ['sudo: 3 incorrect password attempts', false, true],
  ['usermod: cannot lock /etc/passwd', false, false],
])('%j: root’s own password may help: %s; sudo refuses all: %s', (line, su, all) => {
  expect([isNotPermitted([line]), refusesAll([line])]).toEqual([su, all]);
});

it('shows a command of su’s as it can be pasted', () => {
  const command = { argv: ['mv', "a'b", 'c d'], root: true, why: '' };
  expect(commandWords(command, false, 'su')).toEqual(['su', '-c', `mv 'a'\\''b' 'c d'`]);
  expect(commandWords(command, true, 'su')).toEqual(command.argv);
  expect(commandWords(command, false, 'doas')[0]).toBe('doas');
});
