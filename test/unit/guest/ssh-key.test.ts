import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
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

  test('many at once agree on one whole pair', async () => {
    using folder = temporaryFolder();
    const made = await Promise.all(
      Array.from({ length: 8 }, async () => await ensureMachineKey(folder.path, 'utopia-lab')),
    );
    expect(new Set(made)).toEqual(new Set([publicHalf(folder.path)]));
    expect(made[0]).toBe(derived(folder.path));
    expect(readdirSync(folder.path).toSorted()).toEqual(['id_ed25519', 'id_ed25519.pub']);
  });

  test('a half that a killed call left is made whole from the private key', async () => {
    using folder = temporaryFolder();
    const { identityFile } = sshFiles(folder.path);
    writeFileSync(`${identityFile}.pub`, 'ssh-ed25519 AAAA of nobody\n');
    // No process has this number (proc(5), pid_max).
    mkdirSync(join(folder.path, '.id_ed25519.4194305-0123abcd.draft'));
    const made = await ensureMachineKey(folder.path, 'utopia-lab');
    expect(made).toBe(derived(folder.path));
    expect(readdirSync(folder.path)).toHaveLength(2);
    rmSync(`${identityFile}.pub`);
    expect(await ensureMachineKey(folder.path, 'other')).toBe(made);
  });
});

function publicHalf(sshDir: string): string {
  return readFileSync(`${sshFiles(sshDir).identityFile}.pub`, 'utf8').trim();
}

function derived(sshDir: string): string {
  const { identityFile } = sshFiles(sshDir);
  return execFileSync('ssh-keygen', ['-y', '-f', identityFile]).toString().trim();
}
