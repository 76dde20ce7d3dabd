import { expect, test } from 'vitest';
import { labWithGuest } from '../support/guest-lab.ts';
import { needsOfHost } from '../support/requirements.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

// As in a container that is started with a number for its user.
needsOfHost('qemu', 'ssh', 'user-namespaces');

const within = ['unshare', '--user', '--map-user=54321', '--map-group=54321'];

test('a user id without an account: what OpenSSH lacks, and no bug', async () => {
  using folder = temporaryFolder();
  await using lab = await labWithGuest(folder.path, '', { within });
  for (const command of ['ssh', 'run']) {
    if (command === 'ssh') await lab.run('up', '--detach');
    const { status, stderr } = await lab.run(command, '--', 'true');
    expect(stderr).toContain('User id 54321 has no account here');
    expect(stderr).toContain('useradd -u 54321');
    expect(stderr).not.toContain('has a bug');
    expect(status).toBe(69);
  }
});
