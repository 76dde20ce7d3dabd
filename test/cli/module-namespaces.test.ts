import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { remainsOfCopies } from '../support/guest-lab.ts';
import { diskGccMajor } from '../support/headers-disk.ts';
import { openModuleLab } from '../support/module-lab.ts';
import { needsOfHost } from '../support/requirements.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

// The image's own tool chain runs in namespaces alone: hosts on which none can be made, or used.
needsOfHost(
  'qemu',
  'image-tools',
  'compiler',
  'kernel-build',
  'bwrap',
  'setpriv',
  'user-namespaces',
);

/** The kernel lets a process have no further namespace, as where administrators have set that. */
const withoutNamespaces = [
  ...['unshare', '--user', '--map-root-user', 'sh', '-c'],
  'echo 0 >/proc/sys/user/max_user_namespaces && exec setpriv --inh-caps=-all --bounding-set=-all "$@"',
  'sh',
];

test.each([
  // What bwrap says under Ubuntu 24.04's AppArmor, where namespaces are made and of no use.
  ['with AppArmor over them', 'bwrap: setting up uid map: Permission denied'],
  [
    'with AppArmor over the network',
    'bwrap: loopback: Failed RTM_NEWADDR: Operation not permitted',
  ],
  ['that the kernel refuses', undefined],
])('namespaces %s leave the build to the guest, and nothing behind', async (_, says) => {
  using bin = temporaryFolder();
  if (says !== undefined) {
    writeFileSync(join(bin.path, 'bwrap'), `#!/bin/sh\necho '${says}' >&2\nexit 1\n`, {
      mode: 0o755,
    });
  }
  const within = says === undefined ? withoutNamespaces : [];
  const options = { gccMajor: diskGccMajor, tools: true, within };
  const env = { PATH: `${bin.path}:${process.env['PATH']}`, TMPDIR: bin.path };
  await using lab = await openModuleLab({ ...options, env });
  const before = [readdirSync(lab.module), readdirSync(bin.path)];
  const { status, stderr } = await lab.run('module', 'build', lab.module);
  const why = says ?? 'bwrap: Creating new namespace failed: Operation not permitted';
  expect(stderr.replaceAll(/\s+/g, ' ')).toContain(
    `guest this host has no gcc ${diskGccMajor}, and bwrap does not work here (${why})`,
  );
  // It was tried there: this image boots nothing.
  expect(status).toBe(69);
  expect(stderr).toContain('no disk that it can boot');
  // Nothing was taken out of the image for it, no copy is left, and no folder of a trial.
  expect(existsSync(join(lab.env['XDG_CACHE_HOME'] ?? '', 'utopia/tools'))).toBe(false);
  expect([readdirSync(lab.module), readdirSync(bin.path)]).toEqual(before);
  expect(remainsOfCopies(lab)).toEqual({ files: [], processes: [] });
});
