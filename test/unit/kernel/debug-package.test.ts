import { expect, test } from 'vitest';
import {
  aptSources,
  isDebianRelease,
  readOffer,
  suitesOf,
} from '../../../src/kernel/debug-package.ts';

test.each([
  '6.1.0-57-amd64',
  '6.12.118+deb13-amd64',
  '6.12.118+deb13-cloud-amd64',
  '5.10.0-1-rt-amd64',
])('%s can be a kernel of Debian’s', (release) => {
  expect(isDebianRelease(release)).toBe(true);
});

test.each([
  '',
  '6.1.0',
  '../6.1-amd64',
  '6.1..-amd64',
  '6.1.0-57-amd64/..',
  '6.1 -amd64',
  '6.1-$(x)-amd64',
])('%s is none, and gets into no path', (release) => {
  expect(isDebianRelease(release)).toBe(false);
});

function guess(word: string): string | undefined {
  return word === '13' ? 'trixie' : undefined;
}

test('the suite is in the release, or follows from the version; else all are looked at', () => {
  const all = ['bookworm', 'trixie', 'sid'];
  expect(suitesOf('6.12.118+deb13-amd64', guess, all)).toEqual(['trixie']);
  expect(suitesOf('6.1.0-57-amd64', guess, all)).toEqual(['bookworm']);
  expect(suitesOf('6.18.3-amd64', guess, all)).toEqual(all);
  expect(suitesOf('6.12.118+deb99-amd64', guess, all)).toEqual(all);
});

test('apt’s sources: updates and security of what is stable, each signed by Debian’s keys', () => {
  const text = aptSources(['trixie', 'sid'], 'http://m/debian', '/keys.gpg');
  expect(text).toContain('URIs: http://m/debian\nSuites: trixie sid trixie-updates\n');
  expect(text).toContain('debian-security\nSuites: trixie-security\n');
  expect(text.match(/Signed-By: \/keys\.gpg/g)).toHaveLength(2);
  expect(aptSources(['sid'], 'http://m/debian', '/keys.gpg')).not.toContain('security');
});

test('what apt offers is read from its line, and nothing else is', () => {
  const sum = 'a'.repeat(64);
  const file = 'linux-image-6.1.0-57-amd64-dbg_1%3a6.1.192-3_amd64.deb';
  const line = `'http://deb.debian.org/pool/l/${file}' ${file} 858383044 SHA256:${sum}`;
  expect(readOffer(`Get: 1\n${line}\n`)).toMatchObject({
    ...{ version: '1:6.1.192-3', bytes: 858_383_044, sha256: sum },
  });
  for (const other of ['', line.replace('SHA256', 'MD5Sum'), line.replace('http', 'file')])
    expect(readOffer(other)).toBeUndefined();
});
