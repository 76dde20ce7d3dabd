import { describe, expect, test } from 'vitest';
import { readDisks, resolveDisks } from '../../../src/config/disk-setting.ts';
import { Refusal } from '../../../src/config/setting.ts';

function disksOf(text: string): string[] {
  const disks = readDisks(text);
  if (disks instanceof Refusal) return [`refused: ${disks.message}`];
  return resolveDisks(disks, (path) => (path.startsWith('/') ? path : `/lab/${path}`)).map(
    ({ path, mode, name }) => `${path} ${mode} ${name}`,
  );
}

test.each([
  ['', []],
  ['a.img', ['/lab/a.img snapshot a']],
  ['/d/fs1.img:ro fs2.raw:rw', ['/d/fs1.img ro fs1', '/lab/fs2.raw rw fs2']],
  ['a.img:ext2', ['/lab/a.img snapshot ext2']],
  ['a.img:rw:ext2', ['/lab/a.img rw ext2']],
  ['a:b.img:snapshot', ['/lab/a:b.img snapshot a-b']],
  ['a:b.img:ro:x', ['/lab/a:b.img ro x']],
  ['"οι δίσκοι/ένα, δύο.img":rw', ['/lab/οι δίσκοι/ένα, δύο.img rw disk1']],
  ['x/fs.img y/fs.img', ['/lab/x/fs.img snapshot fs', '/lab/y/fs.img snapshot fs-2']],
  ['x/fs.img y/b.img:fs', ['/lab/x/fs.img snapshot fs-2', '/lab/y/b.img snapshot fs']],
  // An unquoted blank starts another disk, whose file will then be missed by name.
  ['my disk.img', ['/lab/my snapshot my', '/lab/disk.img snapshot disk']],
  [
    'a-name-of-more-than-twenty.img',
    ['/lab/a-name-of-more-than-twenty.img snapshot a-name-of-more-than'],
  ],
])('%s', (text, expected) => {
  expect(disksOf(text)).toEqual(expected);
});

describe('refused with a way out', () => {
  test.each([
    ['a.img:this-is-a-name-of-21-c', 'A name has up to 20'],
    ['a.img:x b.img:x', 'a name of its own'],
    [':ro', 'Write FILE'],
    ["'~/a.img'", '$HOME/a.img'],
    ['a.img:πρώτος', 'A name has up to 20'],
    ['"a.img', 'Close it'],
    [Array.from({ length: 17 }, (_, n) => `${n}.img`).join(' '), ''],
  ])('%s', (text, hint) => {
    const refusal = readDisks(text);
    expect(refusal).toBeInstanceOf(Refusal);
    expect((refusal as Refusal).hint ?? '').toContain(hint);
  });
});

test('names stay within a serial number and different, however many files share one', () => {
  const text = Array.from({ length: 12 }, (_, n) => `${n}/a-name-of-more-than-twenty.img`).join(
    ' ',
  );
  const names = disksOf(text).map((line) => line.split(' ').at(-1) ?? '');
  expect(new Set(names).size).toBe(12);
  expect(Math.max(...names.map((name) => name.length))).toBeLessThanOrEqual(20);
});
