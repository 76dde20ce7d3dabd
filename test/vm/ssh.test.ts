import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { testImage } from '../support/image.ts';
import { makeLab } from '../support/lab.ts';
import { needsOfHost } from '../support/requirements.ts';

needsOfHost('qemu', 'image-tools', 'ssh');

test('the way into a real guest: password once, then the key, its status, its changes', async () => {
  await using lab = await makeLab({ backing: await testImage() });
  expect(await lab.run('up', '--detach')).toMatchObject({ status: 0 });
  const { sshDir } = lab.paths();

  const first = await lab.run('ssh', '--', 'uname', '-r');
  expect(first).toMatchObject({ status: 0, stderr: '' });
  expect(first.stdout).toMatch(/^6\.1\.\S+-amd64\n$/);
  expect(
    await lab.run('ssh', '-l', 'user', '--', 'sh', '-c', 'echo "$USER"; exit 42'),
  ).toMatchObject({
    status: 42,
    stdout: 'user\n',
  });
  expect((await lab.run('ssh', '--', 'exit 255')).status).toBe(255);

  // The password is gone, the key still opens; the key is in there once.
  const locked = await lab.run('ssh', '--', 'passwd -l root >&2; cat .ssh/authorized_keys');
  expect(locked.stdout).toBe(readFileSync(join(sshDir, 'id_ed25519.pub'), 'utf8'));

  // Without the key nobody gets in, and nobody is kept waiting at a prompt.
  rmSync(join(sshDir, 'id_ed25519'));
  const refused = await lab.run('ssh', '--', 'true');
  expect(refused.status).toBe(69);
  expect(refused.stderr).toContain('does not let root in');

  // Another host key under the same name: refused before anything is sent.
  const knownHosts = join(sshDir, 'known_hosts');
  const [alias = ''] = readFileSync(knownHosts, 'utf8').split(' ');
  const other = readFileSync(join(sshDir, 'id_ed25519.pub'), 'utf8')
    .split(' ')
    .slice(0, 2)
    .join(' ');
  writeFileSync(knownHosts, `${alias} ${other}\n`);
  const changed = await lab.run('ssh', '-l', 'user', '--', 'true');
  expect(changed.status).toBe(69);
  expect(changed.stderr).toContain('another host key');

  expect((await lab.run('down')).status).toBe(0);
});
