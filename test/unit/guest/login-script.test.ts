import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { keysScript, passwordsScript } from '../../../src/guest/login-script.ts';
import { needsOfHost } from '../../support/requirements.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

// The scripts as they run in a guest, with /etc/ssh in a folder and this host's sshd to be asked.
needsOfHost('root', 'sshd');

const publicKey = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIExample utopia-test';

interface Guest extends Disposable {
  readonly config: string;
  readonly keys: string;
  run(script: string): string;
  /** How often sshd was asked. */
  asked(): number;
  /** What sshd would do with a login of this account. */
  effective(account: string): readonly string[];
}

/** A guest whose sshd_config has these lines; `version` before 8.2 knows no Include. */
function makeGuest(lines: readonly string[], knowsInclude = true): Guest {
  const folder = temporaryFolder();
  const ssh = join(folder.path, 'ssh');
  const home = join(folder.path, 'root');
  const bin = join(folder.path, 'bin');
  for (const path of [ssh, home, bin]) mkdirSync(path);
  const hostKey = join(ssh, 'host_key');
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', hostKey]);
  const config = join(ssh, 'sshd_config');
  const text = lines.map((line) => line.replaceAll('/etc/ssh', ssh));
  writeFileSync(
    config,
    [...text.slice(0, 1), `HostKey ${hostKey}`, ...text.slice(1), ''].join('\n'),
  );
  mkdirSync('/run/sshd', { recursive: true });
  const refuseInclude = knowsInclude ? '' : `grep -q '^Include' '${config}' && exit 255\n`;
  const stubs = {
    sshd: `echo >>'${folder.path}/asked'\n${refuseInclude}exec /usr/sbin/sshd -f '${config}' "$@"\n`,
    systemctl: 'exit 0\n',
    su: 'exit 0\n',
    id: 'exit 0\n',
  };
  for (const [name, script] of Object.entries(stubs)) {
    writeFileSync(join(bin, name), `#!/bin/sh\n${script}`);
    chmodSync(join(bin, name), 0o755);
  }
  const env = { PATH: `${bin}:${process.env['PATH']}`, HOME: home };
  return {
    config,
    keys: join(home, '.ssh/authorized_keys'),
    run: (script) => {
      const here = script.replaceAll('/etc/ssh', ssh).replaceAll('/run/sshd.pid', '/nonexistent');
      const { stdout, stderr } = spawnSync('sh', ['-c', here], { env, encoding: 'utf8' });
      return stdout + stderr;
    },
    asked: () => readFileSync(join(folder.path, 'asked'), 'utf8').length,
    effective: (account) =>
      spawnSync(
        '/usr/sbin/sshd',
        [...['-f', config, '-T', '-C', `user=${account},host=localhost,addr=10.0.2.2`]],
        { encoding: 'utf8' },
      ).stdout.split('\n'),
    [Symbol.dispose]: () => folder[Symbol.dispose](),
  };
}

const include = 'Include /etc/ssh/sshd_config.d/*.conf';

test.each([
  [
    'as Debian ships it',
    [include, 'PermitRootLogin yes', 'UsePAM yes', 'KbdInteractiveAuthentication yes'],
  ],
  ['that sets passwords before it reads the folder', ['PasswordAuthentication yes', include]],
  ['without the Include line', ['PasswordAuthentication yes', 'PermitRootLogin yes']],
  ['with a Match block for root', [include, 'Match User root', '  PasswordAuthentication yes']],
  [
    'with a Match block for the host',
    ['UsePAM yes', 'Match Address 10.0.2.0/24', 'PasswordAuthentication yes'],
  ],
  ['whose keys are switched off', [include, 'PubkeyAuthentication no']],
])('an sshd_config %s: no password, our key, and back again', (_, lines) => {
  using guest = makeGuest(lines);
  const before = readFileSync(guest.config, 'utf8');
  expect(guest.effective('root')).toContain('passwordauthentication yes');
  for (let twice = 0; twice < 2; twice += 1) {
    expect(guest.run(keysScript(publicKey))).toBe('utopia-login: has user\nutopia-login: done\n');
    for (const account of ['root', 'user', 'daemon']) {
      const told = guest.effective(account);
      expect(told).toContain('passwordauthentication no');
      expect(told).toContain('kbdinteractiveauthentication no');
      expect(told).toContain('pubkeyauthentication yes');
    }
  }
  expect(readFileSync(guest.keys, 'utf8')).toBe(`${publicKey}\n`);
  expect(guest.run(passwordsScript)).toBe('utopia-login: done\n');
  expect(readFileSync(guest.config, 'utf8')).toBe(before);
  expect(guest.effective('root')).toContain('passwordauthentication yes');
});

test('an sshd before 8.2, which knows no Include', () => {
  using guest = makeGuest(['PasswordAuthentication yes', 'UsePAM yes'], false);
  const before = readFileSync(guest.config, 'utf8');
  expect(guest.run(keysScript(publicKey))).toContain('utopia-login: done');
  expect(guest.effective('root')).toContain('passwordauthentication no');
  guest.run(passwordsScript);
  expect(readFileSync(guest.config, 'utf8')).toBe(before);
});

test('a guest in which it cannot be done is left as it was, and says so', () => {
  using guest = makeGuest(['UsePAM yes', 'Match User root', 'PasswordAuthentication yes'], false);
  const before = readFileSync(guest.config, 'utf8');
  expect(guest.run(keysScript(publicKey))).toMatch(/^utopia-login: refused its sshd has other/m);
  expect(readFileSync(guest.config, 'utf8')).toBe(before);
  expect(existsSync(join(guest.config, '../sshd_config.d/00-utopia-login.conf'))).toBe(false);
});

test.each([
  ['as Debian ships it', [include, 'UsePAM yes'], 1],
  ['with a comment about Match', [include, '#Match User anoncvs'], 1],
  ['with a Match block', [include, 'Match User user', '  X11Forwarding no'], 6],
  ['that reads another file', [include, 'Include /etc/ssh/more.conf'], 6],
])('an sshd_config %s: sshd is asked no more than it takes', (_, lines, times) => {
  using guest = makeGuest(lines);
  expect(guest.run(keysScript(publicKey))).toContain('utopia-login: done');
  expect(guest.asked()).toBe(times);
});
