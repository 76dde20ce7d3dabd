import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import {
  awaitHostKeysScript,
  freshIdentityScript,
  hostKeyFiles,
  hostKeyPipe,
  knowHostKeys,
  makeHostKeys,
  parseHostKeyKinds,
  uncoverHostKeysScript,
} from '../../../src/guest/fresh-identity.ts';
import { sshFiles } from '../../../src/guest/ssh-key.ts';
import { needsOfHost } from '../../support/requirements.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

needsOfHost('ssh');

test('kinds of host keys are read from the names of the files, in sshd’s order; DSA is gone for good', () => {
  const printed = 'ssh_host_dsa_key ssh_host_ecdsa_key ssh_host_ed25519_key ssh_host_rsa_key\n';
  expect(parseHostKeyKinds(printed)).toEqual(['rsa', 'ecdsa', 'ed25519']);
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

test('sshd’s keys are set aside behind a named pipe, and come back, or go where a boot makes new ones', () => {
  using folder = temporaryFolder();
  const root = folder.path;
  const unit = join(root, 'etc/systemd/system/utopia-host-keys.service');
  mkdirSync(join(root, 'etc/ssh'), { recursive: true });
  mkdirSync(join(root, 'etc/systemd/system'), { recursive: true });
  mkdirSync(join(root, 'run'));
  writeFileSync(join(root, 'etc/ssh/sshd_config'), '');
  writeFileSync(join(root, 'run/sshd.pid'), '812\n');
  for (const { path, mode, text } of hostKeyFiles([
    { kind: 'ed25519', privateText: 'secret\n', publicText: 'ssh-ed25519 A utopia' },
  ])) {
    writeFileSync(root + path, text, { mode: Number.parseInt(mode, 8) });
  }
  // The guest's root stands below this folder, and what would act on this host says only what it is asked.
  const asked = [
    'mount() { echo mount; mv "$3" "$3.below"; cp -a "$2" "$3"; }',
    'umount() { echo umount; rm -r "$2"; mv "$2.below" "$2"; }',
    'kill() { echo kill $*; }',
  ].join('; ');
  const run = (script: string): string => {
    const here = script.replaceAll(/(\/(?:etc|run)\/)/g, `${root}$1`);
    const text = `${asked}; systemctl() { echo systemctl $*; }\n${here}`;
    return execFileSync('/bin/sh', ['-c', text], { encoding: 'utf8' }).replaceAll('\n', ' ');
  };
  const keys = (): string[] => readdirSync(join(root, 'etc/ssh')).toSorted();
  const both = ['ssh_host_ed25519_key', 'ssh_host_ed25519_key.pub', 'sshd_config'];
  expect(keys()).toEqual(both);
  expect(statSync(join(root, 'etc/ssh', both[0] ?? '')).mode & 0o777).toBe(0o600);

  expect(run(awaitHostKeysScript('ed25519'))).toBe('mount kill -HUP 812 ');
  expect(keys()).toEqual([both[0], 'sshd_config']);
  const pipe = statSync(join(root, 'etc/ssh', both[0] ?? ''));
  expect(statSync(root + hostKeyPipe('ed25519')).isFIFO()).toBe(true);
  expect({ isPipe: pipe.isFIFO(), mode: pipe.mode & 0o777 }).toEqual({ isPipe: true, mode: 0o600 });
  // An image whose boot makes no keys keeps them.
  expect(run(uncoverHostKeysScript(true))).toBe('umount ');
  expect(keys()).toEqual(both);
  // What is mounted there is the guest's own where it has no pipe in it.
  run('mkdir /run/utopia-keys; mv /etc/ssh/ssh_host_* /run/utopia-keys');
  expect(run(uncoverHostKeysScript(true))).toBe('');
  expect(keys()).toEqual(both);
  writeFileSync(unit, '');
  run(awaitHostKeysScript('ed25519'));
  expect(run(uncoverHostKeysScript(false))).toBe('umount systemctl restart ssh ');
  expect(keys()).toEqual(both);
  run(awaitHostKeysScript('ed25519'));
  run(uncoverHostKeysScript(true));
  expect(keys()).toEqual(['sshd_config']);
  expect(readdirSync(join(root, 'run'))).toEqual(['sshd.pid']);
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
