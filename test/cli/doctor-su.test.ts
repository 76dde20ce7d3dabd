import { execFileSync, spawn } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { installForAll } from '../support/program.ts';
import { needsOfHost } from '../support/requirements.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

// Becoming root through the real su and PAM, with a password, on a terminal. The accounts
// are those of a private copy of /etc in a mount namespace: the host's own stay as they are.
needsOfHost('root', 'script', 'setpriv', 'mount-namespaces');

const password = "l'été dernier $HOME";
const aliceId = 54_001;

interface Terminal {
  sees(pattern: RegExp): Promise<void>;
  type(keys: string): void;
  readonly ended: Promise<string>;
}

/**
 * Starts `doctor --fix qemu.binary` as alice, whose PATH has no QEMU and no sudo, on a
 * terminal in such a namespace, where apt-get writes down who ran it. `more` is done before.
 */
function start(folder: string, more = '', aptGetText = ''): Terminal {
  const home = join(folder, 'home');
  const bin = join(folder, 'bin');
  for (const path of [home, bin]) mkdirSync(path, { recursive: true });
  if (!existsSync(join(bin, 'sh'))) symlinkSync('/bin/sh', join(bin, 'sh'));
  chmodSync(folder, 0o755);
  chmodSync(home, 0o777);
  const aptGet = join(folder, 'apt-get');
  writeFileSync(aptGet, `#!/bin/sh\necho "$(id -u) $*" >> '${folder}/log'\n${aptGetText}\n`);
  chmodSync(aptGet, 0o755);
  const hash = execFileSync('openssl', ['passwd', '-6', '-stdin'], { input: `${password}\n` });
  const words = [process.execPath, join(folder, 'program/bin/utopia.js')].join(' ');
  const line = `/usr/bin/stty rows 24 cols 80; ${words} doctor --fix qemu.binary; echo "status $?"; /usr/bin/stty -a`;
  const setup = `set -e
mount --make-rprivate /
cp -a /etc '${folder}/etc'; mount --bind '${folder}/etc' /etc
printf 'ID=debian\\n' > '${folder}/os-release'; rm -f /etc/os-release; cp '${folder}/os-release' /etc/os-release
echo 'alice:x:${aliceId}:${aliceId}::${home}:/bin/sh' >> /etc/passwd
sed -i 's|^root:[^:]*:|root:${hash.toString().trim()}:|' /etc/shadow
mount --bind '${aptGet}' /usr/bin/apt-get
for program in sudo doas; do [ ! -e /usr/bin/$program ] || mount --bind /dev/null /usr/bin/$program; done
${more}
cd '${home}'
exec setpriv --reuid=${aliceId} --regid=${aliceId} --clear-groups -- env -i HOME='${home}' \
  LANG=C.UTF-8 TERM=xterm PATH='${bin}' UTOPIA_SSH_PORT=auto UTOPIA_VNC=off \
  /usr/bin/script -qec '${line}' /dev/null`;
  const child = spawn('unshare', ['-m', 'sh', '-c', setup], { stdio: ['pipe', 'pipe', 'pipe'] });
  let text = '';
  let over = false;
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (part: Buffer) => (text += part.toString()));
  }
  const ended = new Promise<string>((resolve) =>
    child.once('close', () => {
      over = true;
      resolve(text.replaceAll('\r', ''));
    }),
  );
  let from = 0;
  return {
    ended,
    type: (keys) => void child.stdin.write(keys),
    // Each is looked for behind the one before.
    sees: async (pattern) => {
      for (;;) {
        const found = pattern.exec(text.slice(from));
        if (found !== null) {
          from += found.index + found[0].length;
          return;
        }
        if (over) throw new Error(`ended before it showed ${pattern}:\n${text}`);
        await sleep(20);
      }
    },
  };
}

/** Agrees to the plan, and waits until su asks. */
async function agree(terminal: Terminal): Promise<void> {
  await terminal.sees(/2 as root, through su with root's password\)\? \[y\/N\]/);
  terminal.type('y\n');
  await terminal.sees(/Password: /);
}

test('a wrong password, then the right one: all that needs root is done, and asked for once', async () => {
  using folder = temporaryFolder();
  installForAll(folder.path);
  const before = readFileSync('/etc/shadow', 'utf8');
  const terminal = start(folder.path);
  await agree(terminal);
  terminal.type('wrong\n');
  await terminal.sees(/not root’s password.*try again[^]*Password: /);
  terminal.type(`${password}\n`);
  const shown = await terminal.ended;
  expect(readFileSync(join(folder.path, 'log'), 'utf8'), shown).toMatch(
    /^0 update\n0 install -y .*qemu-system-x86 qemu-utils openssh-client\n$/,
  );
  expect(shown).toContain("$ su -c 'apt-get update'");
  expect(shown.match(/Password: /g)).toHaveLength(2);
  expect(shown).not.toContain(password);
  expect(readFileSync('/etc/shadow', 'utf8')).toBe(before);
});

test('Ctrl-C where su asks: nothing is done, and the terminal echoes again', async () => {
  using folder = temporaryFolder();
  installForAll(folder.path);
  const terminal = start(folder.path, 'trap "" INT');
  await agree(terminal);
  terminal.type('\u0003');
  const shown = await terminal.ended;
  expect(existsSync(join(folder.path, 'log')), shown).toBe(false);
  expect(shown).toContain('interrupted while su asked');
  expect(shown).toMatch(/[^-]echo /);
});

test('where only group wheel may, it is said, and asked for no second time', async () => {
  using folder = temporaryFolder();
  installForAll(folder.path);
  const rule = 'auth required pam_wheel.so group=adm';
  const terminal = start(folder.path, `sed -i '1i ${rule}' /etc/pam.d/su`);
  await agree(terminal);
  terminal.type(`${password}\n`);
  const shown = await terminal.ended;
  expect(existsSync(join(folder.path, 'log')), shown).toBe(false);
  expect(shown.replaceAll(/\s+/g, ' ')).toContain('one group only (pam_wheel, group wheel)');
  expect(shown.match(/Password: /g)).toHaveLength(1);
  expect(shown).toContain('status 69');
});

test('a root without a password that opens it: said after three tries', async () => {
  using folder = temporaryFolder();
  installForAll(folder.path);
  const terminal = start(folder.path, `sed -i 's|^root:[^:]*:|root:*:|' /etc/shadow`);
  await agree(terminal);
  for (let tries = 1; tries < 3; tries += 1) {
    terminal.type(`${password}\n`);
    await terminal.sees(/try again[^]*Password: /);
  }
  terminal.type(`${password}\n`);
  const shown = await terminal.ended;
  expect(shown.replaceAll(/\s+/g, ' '), shown).toContain(
    'root has none here (locked, as on Ubuntu)',
  );
  expect(shown).toMatch(/status 69[^]*[^-]echo /);
});

test('a user whom sudo does not know is asked for root’s password', async () => {
  using folder = temporaryFolder();
  installForAll(folder.path);
  const sudo = join(folder.path, 'bin/sudo');
  mkdirSync(join(folder.path, 'bin'));
  writeFileSync(sudo, '#!/bin/sh\necho "alice is not in the sudoers file." >&2\nexit 1\n');
  chmodSync(sudo, 0o755);
  const terminal = start(folder.path);
  await terminal.sees(/2 as root, through sudo\)\? \[y\/N\]/);
  terminal.type('y\n');
  await terminal.sees(/sudo does not let you do that[^]*Password: /);
  terminal.type(`${password}\n`);
  const shown = await terminal.ended;
  expect(readFileSync(join(folder.path, 'log'), 'utf8'), shown).toMatch(/^0 update\n0 install /);
});

test('without su, what needs root is left to the user', async () => {
  using folder = temporaryFolder();
  installForAll(folder.path);
  const terminal = start(folder.path, 'mount --bind /dev/null /usr/bin/su');
  const shown = await terminal.ended;
  expect(shown.replaceAll(/\s+/g, ' ')).toContain(
    'no sudo. As root: utopia doctor --fix --dry-run | sh',
  );
  expect(shown).not.toContain('Password');
});

test('Ctrl-C while a command of root’s runs lets it end, and starts no other one', async () => {
  using folder = temporaryFolder();
  installForAll(folder.path);
  const log = join(folder.path, 'log');
  const go = join(folder.path, 'go');
  const waits = `while [ ! -e '${go}' ]; do sleep 0.1; done; echo ended >> '${log}'`;
  const terminal = start(folder.path, 'trap "" INT', waits);
  await agree(terminal);
  terminal.type(`${password}\n`);
  while (!existsSync(log)) await sleep(20);
  terminal.type('\u0003');
  await terminal.sees(/\^C/);
  writeFileSync(go, '');
  const shown = await terminal.ended;
  expect(readFileSync(log, 'utf8'), shown).toBe('0 update\nended\n');
  expect(shown).toContain('status 130');
});
