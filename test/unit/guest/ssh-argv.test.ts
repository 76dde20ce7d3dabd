import { execFileSync } from 'node:child_process';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { quoteWord, remoteCommand, sshArgv } from '../../../src/guest/ssh-argv.ts';
import { needsOfHost } from '../../support/requirements.ts';

const target = {
  host: '127.0.0.1',
  port: 22_223,
  login: 'root',
  alias: 'utopia-lab-1a2b3c4d',
  knownHostsFile: '/home/ά b/100%/known_hosts',
  identityFile: '/home/ά b/100%/id_ed25519',
};

describe('sshArgv', () => {
  const argv = sshArgv(target, {
    logFile: '/run/log',
    tty: 'never',
    passwordPrompts: 1,
    command: 'uname -r',
  });

  test('nothing of the user’s own configuration is read', () => {
    expect(argv.slice(0, 2)).toEqual(['-F', '/dev/null']);
    expect(argv).toContain('GlobalKnownHostsFile=/dev/null');
    expect(argv).toContain('IdentitiesOnly=yes');
  });

  test('the command is one argument behind the host, and no option', () => {
    expect(argv.slice(-3)).toEqual(['--', '127.0.0.1', 'uname -r']);
  });

  test('paths with blanks and per cent signs stay one path', () => {
    expect(argv).toContain('UserKnownHostsFile="/home/ά b/100%%/known_hosts"');
  });

  test('a terminal is wanted only where it was asked for', () => {
    const style = { logFile: '/l', passwordPrompts: 1 } as const;
    expect(sshArgv(target, { ...style, tty: 'auto' })).not.toContain('-t');
    expect(sshArgv(target, { ...style, tty: 'always' })).toContain('-t');
    expect(argv).toContain('-T');
  });
});

describe('with the host’s ssh', () => {
  needsOfHost('ssh');

  test('every option is one that it knows, and it reads the paths as meant', () => {
    const argv = sshArgv(target, { logFile: '/dev/null', tty: 'auto', passwordPrompts: 1 });
    const shown = execFileSync('ssh', ['-G', ...argv]).toString();
    expect(shown).toContain('userknownhostsfile /home/ά b/100%/known_hosts\n');
    expect(shown).toContain('hostkeyalias utopia-lab-1a2b3c4d\n');
    expect(shown).toContain('stricthostkeychecking accept-new\n');
  });
});

test('one word is a line of shell, several are words', () => {
  expect(remoteCommand([])).toBeUndefined();
  expect(remoteCommand(['dmesg | tail'])).toBe('dmesg | tail');
  expect(remoteCommand(['sh', '-c', 'echo $HOME'])).toBe("sh -c 'echo $HOME'");
  expect(remoteCommand(['echo', "it's", ''])).toBe(String.raw`echo 'it'\''s' ''`);
});

test('a shell reads every quoted word as it was', () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.string({ unit: 'grapheme' }).filter((text) => !text.includes('\0')),
        { maxLength: 4 },
      ),
      (words) => {
        const line = `printf '%s\\0' ${words.map(quoteWord).join(' ')}`;
        const read = execFileSync('/bin/sh', ['-c', line]).toString().split('\0').slice(0, -1);
        expect(read).toEqual(words.length === 0 ? [''] : words);
      },
    ),
    { numRuns: 40 },
  );
});
