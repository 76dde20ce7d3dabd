import { expect, test } from 'vitest';
import { adviseOnBootstrap } from '../../../../src/image/debian/bootstrap-trouble.ts';

/** Last lines of mmdebstrap 1.3 with apt 2.6, each from a build that failed so. */
const failures = {
  'without a network': [
    "E: Failed to fetch http://deb.debian.org/debian/dists/trixie/InRelease  Temporary failure resolving 'deb.debian.org'",
    /cannot be reached/,
  ],
  'a mirror that nobody serves': [
    '  Could not connect to 127.0.0.1:1 (127.0.0.1). - connect (111: Connection refused)',
    /cannot be reached/,
  ],
  'a mirror that is no longer updated': [
    'E: Release file for http://deb.debian.org/debian/dists/sid/InRelease is expired (invalid since 22d 22h 3min 4s). Updates for this repository will not be applied.',
    /index of trixie is too old/,
  ],
  'a host whose clock is behind': [
    'E: Release file for http://deb.debian.org/debian/dists/trixie/InRelease is not valid yet (invalid for another 3d 1h 2min 3s). Updates for this repository will not be applied.',
    /clock is behind/,
  ],
  'a host whose keys are those of Debian 11': [
    "W: GPG error: http://deb.debian.org/debian trixie InRelease: The following signatures couldn't be verified because the public key is not available: NO_PUBKEY 6ED0E7B82643E131 NO_PUBKEY 78DBA3BC47EF2265",
    /debian-archive-keyring is older than trixie/,
  ],
  'a mirror without Debian': [
    'E: Failed to fetch http://deb.debian.org/nothing/dists/trixie/InRelease  400  Bad Request [IP: 203.0.113.80 80]',
    /has no trixie at this address/,
  ],
  'a package that there is not': [
    'E: Unable to locate package nosuchpackage-x',
    /no package of that name/,
  ],
} as const;

test.each(Object.entries(failures))('%s gets a next step of its own', (_, [line, advice]) => {
  const lines = ['I: running apt-get update...', line, 'E: mmdebstrap failed to run'];
  expect(adviseOnBootstrap('trixie', lines)).toMatch(advice);
});

test('a mirror that is not there is no matter of keys, though apt says that it is not signed', () => {
  const lines = [
    'E: Failed to fetch http://m.example/dists/trixie/InRelease  400  Bad Request [IP: 203.0.113.80 80]',
    "E: The repository 'http://m.example trixie InRelease' is not signed.",
  ];
  expect(adviseOnBootstrap('trixie', lines)).toMatch(/at this address/);
});

test('what is not known gets no advice', () => {
  expect(adviseOnBootstrap('trixie', ['E: mmdebstrap failed to run'])).toBeUndefined();
});
