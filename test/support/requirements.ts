import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { beforeEach, type TestContext } from 'vitest';

/** What a test may need of the host, and how to see whether it is there. */
const needs = {
  qemu: () => missingPrograms('qemu-system-x86_64', 'qemu-img'),
  'image-tools': () => missingPrograms('mmdebstrap', 'mke2fs', 'qemu-img'),
  'stress-ng': () => missingPrograms('stress-ng'),
  script: () => missingPrograms('script'),
  setpriv: () => missingPrograms('setpriv'),
  accounts: () => missingPrograms('useradd', 'userdel', 'setpriv', 'getent'),
  vncsnapshot: () => missingPrograms('vncsnapshot'),
  // Debian's tigervnc-viewer.
  'vnc-viewer': () => missingPrograms('xtigervncviewer'),
  // Debian's xvfb and x11-utils.
  'virtual-screen': () => missingPrograms('Xvfb', 'xwininfo'),
  'x2go-client': () => missingPrograms('pyhoca-cli', 'nxproxy'),
  ssh: () => missingPrograms('ssh', 'ssh-keygen'),
  binutils: () => missingPrograms('addr2line'),
  compiler: () => missingPrograms('gcc', 'nm', 'addr2line'),
  // What every kernel is built with, and modules are packed with.
  'kernel-build': () =>
    missingPrograms('make', 'gcc', 'ld', 'flex', 'bison', 'bc', 'depmod', 'mke2fs', 'setpriv'),
  // What every QEMU is built with; its libraries are named by `utopia qemu build` itself.
  'qemu-build': () => missingPrograms('make', 'gcc', 'ninja', 'pkg-config', 'meson', 'dpkg-source'),
  'qemu-libraries': () =>
    runs('pkg-config', ['--exists', 'glib-2.0', 'pixman-1', 'zlib', 'slirp'])
      ? missingPrograms('make', 'gcc', 'python3')
      : 'pkg-config finds not all of glib-2.0, pixman-1, zlib and slirp',
  // Debian's way to a kernel's source.
  'debian-source': () => missingPrograms('apt-get', 'dpkg-deb', 'patch', 'xz'),
  'debian-keys': () =>
    existsSync('/usr/share/keyrings/debian-archive-keyring.gpg')
      ? undefined
      : 'the package debian-archive-keyring is not installed',
  // Debian's bubblewrap, where namespaces can be made.
  bwrap: () =>
    runs('bwrap', ['--unshare-all', '--ro-bind', '/', '/', 'true'])
      ? undefined
      : 'bwrap does not work here',
  git: () => missingPrograms('git'),
  gdb: () => missingPrograms('gdb'),
  // Debian's python3-drgn.
  drgn: () => missingPrograms('drgn'),
  crash: () => missingPrograms('crash'),
  perl: () => missingPrograms('perl'),
  xz: () => missingPrograms('xz'),
  bzip2: () => missingPrograms('bzip2'),
  gpg: () => missingPrograms('gpg', 'gpgconf'),
  uidmap: () => missingPrograms('newuidmap', 'setpriv'),
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
  // CONFIG_SCHED_AUTOGROUP: most distributions' kernels have it, some of virtual machines do not.
  autogroup: () =>
    existsSync('/proc/self/autogroup') ? undefined : 'this kernel has no /proc/self/autogroup',
  'memory-file-system': () =>
    existsSync('/dev/shm') && statSync('/dev/shm').dev !== statSync(tmpdir()).dev
      ? undefined
      : '/dev/shm is no file system of its own here',
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
  const reason = reasonOf(wanted);
  beforeEach((context) => skipBecause(context, reason));
  return reason === undefined;
}

/** The same for one test, called at its start with its context. */
export function needsOfTest(context: TestContext, ...wanted: readonly Need[]): void {
  skipBecause(context, reasonOf(wanted));
}

/**
 * The same for a reason that only the test can find; undefined goes on. All skips of the tests
 * come from here: test/unit/skips.test.ts looks for others.
 */
export function skipBecause(
  context: TestContext,
  reason: string | undefined,
  requiredBy: Requirement = 'UTOPIA_REQUIRE_VM',
): void {
  if (reason === undefined) return;
  if (process.env[requiredBy] === '1') throw new Error(`cannot run here: ${reason}`);
  context.skip(reason);
}

/**
 * What makes a skip a failure. Which suites an archive has, and whether they can be installed that
 * day, is no matter of this host: they are required by a variable of their own.
 */
type Requirement = 'UTOPIA_REQUIRE_VM' | 'UTOPIA_REQUIRE_QEMUS';

function reasonOf(wanted: readonly Need[]): string | undefined {
  const unmet = wanted.map((need) => unmetNeed(need)).filter((reason) => reason !== undefined);
  return unmet.length === 0 ? undefined : unmet.join('; ');
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
