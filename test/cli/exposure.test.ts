import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { findRunning } from '../../src/machine/state.ts';
import { freePort } from '../support/boot.ts';
import { makeLab, type Lab } from '../support/lab.ts';
import { needsOfHost } from '../support/requirements.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

// Who may reach SSH. QEMU and ssh are stand-ins: test/vm/access.test.ts has the real ones.
needsOfHost('qemu', 'ssh');

/**
 * An ssh to a guest whose accounts in the file `guide` have the guide's password;
 * chpasswd gives them another. With a file `dead` nobody answers.
 */
function fakeSsh(folder: string): NodeJS.ProcessEnv {
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  const script = `#!/bin/sh
[ "$1" = -V ] && exit 0
cd '${folder}' || exit 9
log=$4
for last; do :; done
case "$*" in
  *PubkeyAuthentication=no*)
    case "$*" in *'-l root'*) account=root ;; *) account=user ;; esac
    [ -e dead ] && { echo 'ssh: connect to host: Connection refused' >>"$log"; exit 255; }
    grep -qx $account guide && exit 0
    echo "$account@localhost: Permission denied (publickey,password)." >>"$log"
    exit 255
    ;;
esac
case $last in
  chpasswd) IFS=: read -r account password; echo "$account $password" >>changed; sed -i "/^$account$/d" guide ;;
  *nologin*) [ -e starting ] && exit 1 ;;
esac
exit 0
`;
  writeFileSync(join(bin, 'ssh'), script);
  chmodSync(join(bin, 'ssh'), 0o755);
  return { PATH: `${bin}:${process.env['PATH']}` };
}

/** A lab that is to be open to everybody; QEMU opens its port only where `opens`. */
async function openLab(
  folder: string,
  accounts: readonly string[],
  { opens = true } = {},
): Promise<Lab> {
  const port = await freePort();
  writeFileSync(join(folder, 'guide'), accounts.map((account) => `${account}\n`).join(''));
  return await makeLab({
    env: fakeSsh(folder),
    config: ['UTOPIA_SSH_INTERFACE=0.0.0.0', `UTOPIA_SSH_PORT=${port}`],
    scenario: {
      monitor: {
        ...(opens
          ? {}
          : { [`hostfwd_add net0 tcp:0.0.0.0:${port}-:22`]: 'could not set up host forwarding' }),
      },
    },
  });
}

/** Where the machine's SSH is open to others, by its own word. */
async function exposed(lab: Lab): Promise<unknown> {
  const { stdout } = await lab.run('status', '--json');
  return (JSON.parse(stdout) as { readonly exposed?: unknown }).exposed;
}

describe('up with UTOPIA_SSH_INTERFACE', () => {
  test('stays on this host while the guide’s passwords work; passwd opens it', async () => {
    using folder = temporaryFolder();
    await using lab = await openLab(folder.path, ['root', 'user']);
    const up = await lab.run('up', '--detach');
    expect(up.status, up.stderr).toBe(0);
    expect(up.stderr).toMatch(/open +port \d+ stays on this host: root and user\s+still have/);
    expect(up.stderr).toContain('utopia passwd user');
    const { qemu } = (await findRunning(lab.paths())) ?? {};
    const argv = readFileSync(`/proc/${qemu?.pid}/cmdline`, 'utf8');
    expect(argv).toContain('hostfwd=tcp:127.0.0.1:');
    expect(argv).not.toContain('0.0.0.0');
    expect(await exposed(lab)).toBeUndefined();

    const first = await lab.runWithInput('s e:cret\n', 'passwd', '--stdin');
    expect(first).toMatchObject({ status: 0, stdout: '' });
    expect(first.stderr).toMatch(/stays closed to others: user still has the guide's password/);
    const second = await lab.runWithInput('other', 'passwd', 'user', '--stdin');
    expect(second.stderr).toContain('is open on 0.0.0.0 now');
    expect(readFileSync(join(folder.path, 'changed'), 'utf8')).toBe('root s e:cret\nuser other\n');
    expect(await exposed(lab)).toMatchObject({ host: '0.0.0.0' });
    expect((await lab.run('status')).stdout).toMatch(/open +port \d+ of 0\.0\.0\.0/);
    expect(await lab.run('expose', '--off')).toMatchObject({ status: 0 });
    expect(await exposed(lab)).toBeUndefined();
  });

  test('opens at once where they are refused, and is closed again at the next start', async () => {
    using folder = temporaryFolder();
    await using lab = await openLab(folder.path, []);
    expect((await lab.run('up', '--detach')).stderr).toMatch(/open +port \d+ on 0\.0\.0\.0/);
    expect(await exposed(lab)).toMatchObject({ host: '0.0.0.0' });
    await lab.run('down', '--force');
    writeFileSync(join(folder.path, 'guide'), 'user\n');
    expect((await lab.run('up', '--detach')).stderr).toContain('user still has');
    expect(await exposed(lab)).toBeUndefined();
  });

  test.each([
    ['starting', 'the guest is still starting'],
    ['dead', 'the login as root ended without an answer'],
  ])('what cannot be found out is no permission: %s', async (trouble, because) => {
    using folder = temporaryFolder();
    await using lab = await openLab(folder.path, []);
    writeFileSync(join(folder.path, trouble), '');
    const up = await lab.run('up', '--detach');
    expect(up.status).toBe(0);
    expect(up.stderr.replaceAll(/\s+/g, ' ')).toContain(because);
    expect(await exposed(lab)).toBeUndefined();
    const again = await lab.run('expose');
    expect(again.status).toBe(69);
    expect(again.stderr).toContain('utopia expose');
    rmSync(join(folder.path, trouble));
    expect(await lab.run('expose')).toMatchObject({ status: 0 });
    expect(await exposed(lab)).toMatchObject({ host: '0.0.0.0' });
  });

  test('--expose-anyway opens it without a look, and says so in red words even when quiet', async () => {
    using folder = temporaryFolder();
    await using lab = await openLab(folder.path, ['root', 'user']);
    const up = await lab.run('-q', 'up', '--detach', '--expose-anyway');
    expect(up.status).toBe(0);
    expect(up.stderr).toMatch(/--expose-anyway: port \d+ opens on 0\.0\.0\.0/);
    expect(await exposed(lab)).toMatchObject({ host: '0.0.0.0' });
  });

  test('a port that QEMU cannot open leaves the machine reachable from here', async () => {
    using folder = temporaryFolder();
    await using lab = await openLab(folder.path, [], { opens: false });
    const up = await lab.run('up', '--detach');
    expect(up.status).toBe(0);
    expect(up.stderr.replaceAll(/\s+/g, ' ')).toContain('could not set up host forwarding');
    expect(lab.standIn?.monitored()).toContainEqual(
      expect.stringMatching(/^hostfwd_add net0 tcp:127\.0\.0\.1:/),
    );
    expect(await exposed(lab)).toBeUndefined();
  });
});

test('an address of loopback needs no look, and nothing to open', async () => {
  using folder = temporaryFolder();
  await using lab = await makeLab({ scenario: {}, env: fakeSsh(folder.path) });
  expect((await lab.run('up', '--detach')).stderr).not.toMatch(/ open /);
  const expose = await lab.run('expose');
  expect(expose.status).toBe(64);
  expect(expose.stderr).toContain('UTOPIA_SSH_INTERFACE=0.0.0.0 utopia expose');
});

describe('passwd refuses', () => {
  test.each([
    [['passwd', 'a:b', '--stdin'], 'pw', 64, 'no name of an account'],
    [['passwd', '--stdin'], '', 64, 'one line that is not empty'],
    [['passwd', '--stdin'], 'two\nlines\n', 64, 'one line that is not empty'],
    [['passwd'], '', 69, '--stdin'],
  ])('%j with %j', async (args, input, status, words) => {
    using folder = temporaryFolder();
    writeFileSync(join(folder.path, 'guide'), '');
    await using lab = await makeLab({ scenario: {}, env: fakeSsh(folder.path) });
    await lab.run('up', '--detach');
    const result = await lab.runWithInput(input, ...args);
    expect(result.stderr.replaceAll(/\s+/g, ' ')).toContain(words);
    expect(result.status).toBe(status);
    expect(existsSync(join(folder.path, 'changed'))).toBe(false);
  });
});
