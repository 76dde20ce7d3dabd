import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  linkSync,
  mkdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { testImage } from '../support/image.ts';
import { installForAll } from '../support/program.ts';
import { needsOfHost } from '../support/requirements.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

// A real guest, started by an account whose user id is not that of the guest's user.
needsOfHost('qemu', 'image-tools', 'ssh', 'setpriv', 'root', 'mount-namespaces', 'user-namespaces');

/** A second account, in a namespace of its own: the host's list of accounts stays as it is. */
const anna = 1001;

test('a share that is user 1001’s alone is open to the guest’s user, and to nobody else here', async () => {
  using folder = temporaryFolder();
  chmodSync(folder.path, 0o755);
  const at = (...path: readonly string[]): string => join(folder.path, ...path);
  const program = join(installForAll(folder.path), 'bin/utopia.js');
  placeImage(await testImage(), at('image.raw'));
  for (const name of ['lab', 'home']) mkdirSync(at(name));
  const config = ['QCOW2_BACKING_FILE=../image.raw', 'UTOPIA_SSH_PORT=auto', 'UTOPIA_VNC=off'];
  writeFileSync(at('lab/utopia.config'), [...config, 'UTOPIA_WARM_BASE=never', ''].join('\n'));
  for (const name of ['lab', 'home', 'lab/utopia.config']) chownSync(at(name), anna, anna);
  for (const name of ['passwd', 'group']) {
    const line =
      name === 'passwd' ? `anna:x:${anna}:${anna}::${at('home')}:/bin/sh` : `anna:x:${anna}:`;
    writeFileSync(at(name), `${readFileSync(`/etc/${name}`, 'utf8')}${line}\n`);
  }
  const accounts =
    'mount --bind "$0/passwd" /etc/passwd && mount --bind "$0/group" /etc/group && exec "$@"';
  const asAnna = (...args: readonly string[]) =>
    spawnSync(
      'unshare',
      [
        ...['-m', 'sh', '-c', accounts, folder.path],
        ...['setpriv', `--reuid=${anna}`, `--regid=${anna}`, '--clear-groups', '--'],
        ...[process.execPath, program, ...args],
      ],
      {
        cwd: at('lab'),
        env: { PATH: process.env['PATH'], HOME: at('home'), TMPDIR: at('home') },
        encoding: 'utf8',
      },
    );
  try {
    const up = asAnna('up', '--detach');
    expect(up.status, up.stderr).toBe(0);
    expect(up.stdout).not.toContain('user cannot');
    expect(statSync(at('lab/shared')).mode & 0o777).toBe(0o700);
    writeFileSync(at('lab/shared/note'), 'read me', { mode: 0o600 });
    chownSync(at('lab/shared/note'), anna, anna);

    const script = 'cat note && echo written >by-user && chmod 640 by-user && stat -c %U:%a . note';
    const user = asAnna('ssh', '-l', 'user', '--', `cd /home/user/shared && ${script}`);
    expect(user.stdout, user.stderr).toBe('read meuser:700\nuser:600\n');
    const root = asAnna(
      'ssh',
      '--',
      'cd /home/user/shared && echo written >by-root && cat by-user',
    );
    expect(root.stdout, root.stderr).toBe('written\n');

    // On the host all of it is hers, with the modes that the guest gave.
    const made = ['by-user', 'by-root'].map((name) => statSync(at('lab/shared', name)));
    expect(made.map(({ uid, mode }) => [uid, mode & 0o777])).toEqual([
      [anna, 0o640],
      [anna, 0o644],
    ]);
    const other = ['--reuid=1002', '--regid=1002', '--clear-groups', '--'];
    const peek = spawnSync('setpriv', [...other, 'ls', at('lab/shared')], { encoding: 'utf8' });
    expect(peek.stderr).toContain('Permission denied');
    expect(asAnna('down').status).toBe(0);
  } finally {
    asAnna('down', '--force');
  }
});

/** A name where anna may read it: a link, or where that is another file system a copy. */
function placeImage(image: string, path: string): void {
  try {
    linkSync(image, path);
  } catch {
    execFileSync('cp', ['--sparse=always', '--', image, path]);
  }
}
