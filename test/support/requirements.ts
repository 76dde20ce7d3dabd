import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { beforeEach } from 'vitest';

/** What a test may need of the host, and how to see whether it is there. */
const needs = {
  qemu: () => missingPrograms('qemu-system-x86_64', 'qemu-img'),
  'image-tools': () => missingPrograms('mmdebstrap', 'mke2fs', 'qemu-img'),
  'stress-ng': () => missingPrograms('stress-ng'),
  script: () => missingPrograms('script'),
  setpriv: () => missingPrograms('setpriv'),
  accounts: () => missingPrograms('useradd', 'userdel', 'setpriv', 'getent'),
  vncsnapshot: () => missingPrograms('vncsnapshot'),
  ssh: () => missingPrograms('ssh', 'ssh-keygen'),
  binutils: () => missingPrograms('addr2line'),
  compiler: () => missingPrograms('gcc', 'nm', 'addr2line'),
  sshd: () => missingPrograms('ssh', 'scp', 'ssh-keygen', 'sshd'),
  'network-namespaces': () =>
    runs('unshare', ['--net', 'ip', 'link']) ? undefined : 'unshare --net ip does not work here',
  root: () => (process.getuid?.() === 0 ? undefined : 'this test needs root'),
  'user-namespaces': () =>
    runs('unshare', ['--user', '--map-user=1000', '--map-group=1000', 'true'])
      ? undefined
      : 'unshare --user --map-user does not work here',
  'mount-namespaces': () =>
    runs('unshare', ['-m', 'true']) ? undefined : 'unshare -m does not work here',
} satisfies Record<string, () => string | undefined>;

export type Need = keyof typeof needs;

/** Why the tests that need this cannot run here; undefined when they can. */
export function unmetNeed(need: Need): string | undefined {
  return needs[need]();
}

/**
 * Skips every test of the file (or describe block) it is called in, with the
 * reason in the report, where the host lacks something. With UTOPIA_REQUIRE_VM=1
 * nothing is skipped: the test fails with that reason. Returns whether all is
 * there, for hooks that prepare something expensive.
 */
export function needsOfHost(...wanted: readonly Need[]): boolean {
  const unmet = wanted.map((need) => unmetNeed(need)).filter((reason) => reason !== undefined);
  const reason = unmet.join('; ');
  beforeEach((context) => {
    if (reason === '') return;
    if (process.env['UTOPIA_REQUIRE_VM'] === '1') throw new Error(`cannot run here: ${reason}`);
    context.skip(reason);
  });
  return reason === '';
}

function missingPrograms(...programs: readonly string[]): string | undefined {
  const missing = programs.filter((program) => !isInPath(program));
  return missing.length === 0 ? undefined : `not installed: ${missing.join(', ')}`;
}

function isInPath(program: string): boolean {
  // sbin holds mke2fs; a user's PATH often lacks it.
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/sbin'];
  return folders.some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

function runs(program: string, args: readonly string[]): boolean {
  return spawnSync(program, args, { stdio: 'ignore' }).status === 0;
}
