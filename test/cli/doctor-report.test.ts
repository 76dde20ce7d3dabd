import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { reportSections } from '../../src/ui/report-file.ts';
import { temporaryFolder, type TemporaryFolder } from '../support/temporary-folder.ts';

const node = process.env['UTOPIA_TEST_NODE'] ?? process.execPath;
const program = join(import.meta.dirname, '../../bin/utopia.js');
const hosts = join(import.meta.dirname, '../../fixtures/hosts');

/** A described host whose people, names and numbers are known. */
function describedHost(folder: TemporaryFolder): string {
  const root = join(folder.path, 'host');
  cpSync(join(hosts, 'stale-session'), root, { recursive: true });
  const write = (path: string, text: string): void => {
    mkdirSync(join(root, path, '..'), { recursive: true });
    writeFileSync(join(root, path), text);
  };
  write(
    'etc/passwd',
    'alice:x:1000:1000::/home/alice:/bin/sh\nzoe:x:1001:1001::/srv/zoe:/bin/sh\n',
  );
  write('etc/group', 'kvm:x:993:alice,zoe,from-ldap\n');
  write('etc/hostname', 'ananke\n');
  write('proc/sys/kernel/hostname', 'ananke.example.org\n');
  write('sys/class/dmi/id/product_serial', 'PF3ABC1X\n');
  write('etc/machine-id', 'b08dfa6083e7567a1921a715000001fb\n');
  return root;
}

const secret = /alice|zoe|from-ldap|ananke|PF3ABC1X|b08dfa60|hunter2|DISK-77/;

test('a report holds what the documentation lists, and nobody’s name', () => {
  using folder = temporaryFolder();
  const lab = join(folder.path, 'home/alice/lab of ananke');
  mkdirSync(lab, { recursive: true });
  writeFileSync(
    join(lab, 'utopia.config'),
    "UTOPIA_EXTRA_ARGS='-drive file=/srv/zoe/x,serial=DISK-77 -object secret,id=s,password=hunter2'\nALICE=alice\n",
  );
  const run = (...args: readonly string[]) =>
    spawnSync(node, [program, 'doctor', `--root=${describedHost(folder)}`, ...args], {
      cwd: lab,
      env: {
        PATH: process.env['PATH'],
        HOME: join(folder.path, 'home/alice'),
        LANG: 'C.UTF-8',
        USER: 'alice',
      },
      encoding: 'utf8',
    });
  const made = run('--report', 'report.txt');
  expect([made.status, made.stderr]).toEqual([0, '']);
  const text = readFileSync(join(lab, 'report.txt'), 'utf8');
  const titles = [...text.matchAll(/^== (.*)$/gm)].map(([, title]) => title);
  expect(titles).toEqual(reportSections.map(({ title }) => title));
  expect(secret.exec(text)).toBeNull();
  expect(text).toContain('USER is in group kvm, this login is not [session-lacks-group]');
  expect(text).toContain('~/lab of HOST/private.qcow2');
  expect(text).toContain('password=REDACTED');
  // An earlier report may be replaced; anything else may not.
  expect(run('--report', 'report.txt').status).toBe(0);
  expect(run('--report', 'utopia.config').status).toBe(73);
  const printed = run('--report', '-');
  expect([printed.status, printed.stdout.startsWith('utopia doctor: report')]).toEqual([0, true]);
  expect(run('--report', 'no/such/folder').status).toBe(73);
});
