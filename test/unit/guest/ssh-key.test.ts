import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ensureMachineKey, installKeyCommand, sshFiles } from '../../../src/guest/ssh-key.ts';
import { needsOfHost } from '../../support/requirements.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const key = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5 utopia-lab';

function install(home: string): string {
  execFileSync('/bin/sh', ['-c', installKeyCommand(key)], { env: { ...process.env, HOME: home } });
  return readFileSync(join(home, '.ssh/authorized_keys'), 'utf8');
}

describe('the command that installs the key', () => {
  test('makes what is missing, closed to others, and adds the key once', () => {
    using folder = temporaryFolder();
    install(folder.path);
    expect(install(folder.path)).toBe(`${key}\n`);
    expect(statSync(join(folder.path, '.ssh')).mode & 0o777).toBe(0o700);
    expect(statSync(join(folder.path, '.ssh/authorized_keys')).mode & 0o777).toBe(0o600);
  });

  test('keeps the keys that are there, also without a last newline', () => {
    using folder = temporaryFolder();
    mkdirSync(join(folder.path, '.ssh'));
    chmodSync(join(folder.path, '.ssh'), 0o777);
    writeFileSync(join(folder.path, '.ssh/authorized_keys'), 'ssh-rsa AAAA other');
    expect(install(folder.path)).toBe(`ssh-rsa AAAA other\n${key}\n`);
    expect(statSync(join(folder.path, '.ssh')).mode & 0o777).toBe(0o700);
  });

  test('takes no key that could end the quotes', () => {
    expect(() => installKeyCommand("ssh-ed25519 A x'; reboot")).toThrow(/one line/);
  });
});

describe('the machine’s key', () => {
  needsOfHost('ssh');

  test('is made once, for its owner alone', async () => {
    using folder = temporaryFolder();
    const sshDir = join(folder.path, 'ssh');
    const made = await ensureMachineKey(sshDir, 'utopia-lab');
    expect(made).toMatch(/^ssh-ed25519 \S+ utopia-lab$/);
    expect(await ensureMachineKey(sshDir, 'other')).toBe(made);
    expect(statSync(sshFiles(sshDir).identityFile).mode & 0o777).toBe(0o600);
  });

  test('two at once leave one whole pair', async () => {
    using folder = temporaryFolder();
    await Promise.all([1, 2, 3].map(() => ensureMachineKey(folder.path, 'utopia-lab')));
    const { identityFile } = sshFiles(folder.path);
    const derived = execFileSync('ssh-keygen', ['-y', '-f', identityFile]).toString().trim();
    expect(derived).toBe(readFileSync(`${identityFile}.pub`, 'utf8').trim());
  });
});
