import { describe, expect, test } from 'vitest';
import { defaultImagePath } from '../../../../src/image/default-image.ts';
import { guestFiles } from '../../../../src/image/debian/guest-files.ts';
import { readIncludedPackages } from '../../../../src/image/debian/included-packages.ts';
import { hasIdRange, namespaceHint } from '../../../../src/image/debian/privilege.ts';
import {
  defaultRecipe,
  imageName,
  imageRecipeHash,
  readDiskSize,
  storeFileName,
} from '../../../../src/image/debian/recipe.ts';
import { rootSpec } from '../../../../src/image/debian/root-spec.ts';
import { readIndexTargets, readMirror } from '../../../../src/image/debian/package-sources.ts';
import { readSuite } from '../../../../src/image/debian/debian-suites.ts';

describe('imageRecipeHash', () => {
  test('is the same for the same recipe, another for another', () => {
    const hash = imageRecipeHash(defaultRecipe);
    expect(hash).toMatch(/^[\da-f]{12}$/);
    expect(imageRecipeHash({ ...defaultRecipe })).toBe(hash);
    expect(imageRecipeHash({ ...defaultRecipe, profile: 'minimal' })).not.toBe(hash);
    expect(imageRecipeHash({ ...defaultRecipe, sizeBytes: 4e9 })).not.toBe(hash);
  });

  test('the default image has the name that the store looks for', () => {
    expect(defaultImagePath({ XDG_CACHE_HOME: '/c' })).toBe(
      `/c/utopia/images/${imageName(defaultRecipe)}.raw`,
    );
    expect(imageName(defaultRecipe)).toBe('debian-trixie-lab');
  });
});

describe('packages besides the profile’s own', () => {
  test('several in a word or one each, sorted, each once', () => {
    expect(readIncludedPackages(['nasm,g++-12', 'libc6-dev', 'nasm'])).toEqual([
      'g++-12',
      'libc6-dev',
      'nasm',
    ]);
    expect(readIncludedPackages([])).toEqual([]);
  });

  test.each(['', 'a', 'Nasm', '-o', 'nasm=2.16', '?essential', './x.deb', 'nasm,', 'a b'])(
    '%j is refused',
    (word) => {
      expect(() => readIncludedPackages([word])).toThrow(/--include/);
    },
  );

  test('they make another image, with another name', () => {
    const recipe = { ...defaultRecipe, include: ['nasm', 'valgrind'] };
    expect(imageName(recipe)).toBe('debian-trixie-lab-with-nasm-valgrind');
    expect(imageRecipeHash(recipe)).not.toBe(imageRecipeHash(defaultRecipe));
    const { packages } = rootSpec('lab', ['gdb', 'nasm']);
    expect(packages.filter((name) => name === 'gdb')).toEqual(['gdb']);
    expect(packages).toContain('nasm');
  });
});

test('every guest file is absolute, named once, and ends in a newline', () => {
  const paths = guestFiles().map((file) => file.path);
  expect(new Set(paths).size).toBe(paths.length);
  for (const file of guestFiles()) {
    expect(file.path).toMatch(/^\/etc\//);
    expect(file.content).toMatch(/\n$/);
  }
});

describe('hasIdRange', () => {
  test.each([
    ['alice:100000:65536', true],
    ['1000:100000:65536', true],
    ['alice:100000:1000', false],
    ['alicia:100000:65536', false],
    ['', false],
  ])('%j gives alice, 1000, a range: %s', (text, expected) => {
    expect(hasIdRange(`root:1:65536\n${text}\n`, 'alice', 1000)).toBe(expected);
  });
});

function hintFor(settings: Record<string, string>): string {
  return namespaceHint((name) => settings[name] ?? '');
}

test('namespaceHint names the setting that is in the way', () => {
  expect(hintFor({ 'kernel/apparmor_restrict_unprivileged_userns': '1' })).toContain('apparmor');
  expect(hintFor({ 'kernel/unprivileged_userns_clone': '0' })).toContain('userns_clone=1');
  expect(hintFor({ 'user/max_user_namespaces': '0' })).toContain('max_user_namespaces');
  expect(hintFor({})).toContain('as root');
});

describe('readIndexTargets', () => {
  test('takes the release with its updates and security, each once', () => {
    const text = `bookworm main http://m.example/debian/
bookworm contrib http://m.example/debian/
bookworm main http://other.example/debian/
bookworm-security main http://s.example/debian-security/
nodistro main https://deb.example/node`;
    expect(readIndexTargets(text, 'bookworm')).toEqual([
      'deb http://m.example/debian/ bookworm main',
      'deb http://s.example/debian-security/ bookworm-security main',
    ]);
  });

  test('another distribution, or a local folder, gives none', () => {
    expect(readIndexTargets('jammy main http://u.example/ubuntu/', 'bookworm')).toEqual([]);
    expect(readIndexTargets('bookworm main file:/srv/debian/', 'bookworm')).toEqual([]);
  });
});

test('an image has a file in the store, unless its packages make its name too long', () => {
  expect(storeFileName(defaultRecipe)).toBe('debian-trixie-lab.raw');
  const include = Array.from({ length: 40 }, (_, at) => `package${at}`);
  expect(() => storeFileName({ ...defaultRecipe, include })).toThrow(
    expect.objectContaining({ code: 'usage' }),
  );
});

describe('readDiskSize', () => {
  test.each([
    ['8G', 8 * 1024 ** 3],
    ['8GiB', 8 * 1024 ** 3],
    ['2048M', 2 * 1024 ** 3],
    ['2.5G', 2560 * 1024 ** 2],
  ])('%s', (text, bytes) => {
    expect(readDiskSize(text)).toBe(bytes);
  });

  test.each(['1G', '8', 'G', '-8G', '2T', '8X', ''])('%j is refused', (text) => {
    expect(() => readDiskSize(text)).toThrow(/--size/);
  });

  test('a password of the host’s is in no image', () => {
    const text = 'bookworm main https://me:secret@m.example/debian/';
    expect(readIndexTargets(text, 'bookworm')).toEqual([]);
  });
});

describe('readMirror', () => {
  test('is the URL as typed', () => {
    for (const mirror of ['http://deb.debian.org/debian', 'https://m.example:8080/a@b/debian/']) {
      expect(readMirror(mirror)).toBe(mirror);
    }
    expect(readMirror(undefined)).toBeUndefined();
  });

  // It would be in the image's sources, and whoever has the image has it.
  test.each([
    'http://me:secret@m.example/debian',
    'https://secret@m.example/debian',
    'https://m.example/debian?token=secret',
    'https://m.example/debian#secret',
    'http:/me:secret@m.example/debian',
    'http://me:secret@',
    'ftp://me:secret@m.example/debian',
  ])('%s is refused, and its secret not said', (mirror) => {
    const caught = ((): unknown => {
      try {
        return readMirror(mirror);
      } catch (error) {
        return error;
      }
    })();
    expect(caught).toMatchObject({ code: 'usage' });
    expect((caught as Error).message).not.toContain('secret');
  });
});

describe('--suite', () => {
  test.each(['bookworm', 'trixie', 'forky', 'sid'])('%s is offered', (name) => {
    expect(readSuite(name)).toBe(name);
  });

  test.each([
    ['13', 'utopia image build --suite trixie'],
    ['Debian 13', 'utopia image build --suite trixie'],
    ['debian-12', 'utopia image build --suite bookworm'],
    ['Trixie', 'utopia image build --suite trixie'],
    ['stable', 'utopia image build --suite trixie'],
    ['unstable', 'utopia image build --suite sid'],
    ['jammy', 'There are: bookworm'],
    ['__proto__', 'There are: bookworm'],
    ['', 'There are: bookworm'],
    ['-o', 'There are: bookworm'],
  ])('%j is refused, and led to %s', (word, hint) => {
    expect(() => readSuite(word)).toThrow(
      expect.objectContaining({ code: 'usage', hint: expect.stringContaining(hint) as string }),
    );
  });

  test.each(['bullseye', '11'])('%s is refused with the reason', (word) => {
    expect(() => readSuite(word)).toThrow(/support has ended/);
  });
});
