import { execFileSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import {
  freshIdentityScript,
  knowHostKeys,
  makeHostKeys,
  parseHostKeyKinds,
} from '../../../src/guest/fresh-identity.ts';
import { sshFiles } from '../../../src/guest/ssh-key.ts';
import { needsOfHost } from '../../support/requirements.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

needsOfHost('ssh');

test('kinds of host keys are read from the names of the files; DSA is gone for good', () => {
  const printed = 'ssh_host_dsa_key ssh_host_ecdsa_key ssh_host_ed25519_key ssh_host_rsa_key\n';
  expect(parseHostKeyKinds(printed)).toEqual(['ecdsa', 'ed25519', 'rsa']);
  expect(parseHostKeyKinds('ssh_host_*_key\n')).toEqual([]);
});

test('keys are made of each kind, nothing of them stays, and ssh knows the machine by them', async () => {
  using folder = temporaryFolder();
  const sshDir = join(folder.path, 'ssh');
  const keys = await makeHostKeys(sshDir, ['ed25519', 'ecdsa']);
  expect(readdirSync(sshDir)).toEqual([]);
  expect(keys.map(({ publicText }) => publicText.split(' ')[0])).toEqual([
    'ssh-ed25519',
    'ecdsa-sha2-nistp256',
  ]);
  const others = await makeHostKeys(sshDir, ['ed25519']);
  expect(others[0]?.privateText).not.toBe(keys[0]?.privateText);
  await knowHostKeys(sshDir, 'lab-1', others);
  await knowHostKeys(sshDir, 'lab-1', keys);
  const { knownHostsFile } = sshFiles(sshDir);
  expect(statSync(knownHostsFile).mode & 0o777).toBe(0o600);
  const found = execFileSync('ssh-keygen', ['-F', 'utopia-lab-1', '-f', knownHostsFile], {
    encoding: 'utf8',
  });
  for (const { publicText } of keys) expect(found).toContain(publicText.split(' ')[1]);
  expect(found).not.toContain(others[0]?.publicText.split(' ')[1]);
});

test('the guest’s script is one that a POSIX shell can read, whatever is in a key', () => {
  const key = { kind: 'ed25519', privateText: "a'b\nc\n", publicText: "ssh-ed25519 A it's" };
  const script = freshIdentityScript([key], 'true');
  execFileSync('/bin/sh', ['-n'], { input: script });
  // Its lines that write the key, run here.
  using folder = temporaryFolder();
  const lines = script.slice(script.indexOf('(umask 077'), script.indexOf('before='));
  execFileSync('/bin/sh', ['-c', lines], { cwd: folder.path });
  const read = (name: string): string =>
    execFileSync('cat', [join(folder.path, name)], { encoding: 'utf8' });
  expect(read('ssh_host_ed25519_key')).toBe(key.privateText);
  expect(read('ssh_host_ed25519_key.pub')).toBe(`${key.publicText}\n`);
  expect(statSync(join(folder.path, 'ssh_host_ed25519_key')).mode & 0o777).toBe(0o600);
});
