import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readElf } from '../../../src/crash/elf.ts';
import { findObjects } from '../../../src/crash/find-objects.ts';
import type { Crash } from '../../../src/crash/crash-event.ts';
import { makeElf } from '../../support/hostile/elf.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

/** A crash in a function of module `teacher`. */
const crash: Crash = {
  ...{ number: 1, boot: 1, kind: 'null-dereference', message: '', ownModules: [], text: '' },
  trace: [{ function: 'read', offset: 0, size: 0x40, module: 'teacher' }],
};

async function found(folder: string): Promise<string | undefined> {
  const places = { vmlinux: undefined, folders: [folder], debugRoot: join(folder, 'none') };
  const [[first] = []] = await findObjects([crash], places);
  return first?.object?.path;
}

const good = makeElf({ functions: ['read'] });

describe('an object that lies about itself', () => {
  test('is read when it does not', async () => {
    using folder = temporaryFolder();
    const file = join(folder.path, 'teacher.ko');
    writeFileSync(file, good);
    const object = await readElf(file);
    expect(object?.functions('read')).toMatchObject([{ section: '.text', size: 0x40 }]);
    expect(object?.buildId).toBe('ab'.repeat(20));
    expect(await found(folder.path)).toBe(file);
  });

  test('a file of 256 bytes that claims a section of 2 GiB', async () => {
    using folder = temporaryFolder();
    const file = join(folder.path, 'teacher.ko');
    // Header, and a table of sections in which each is as large as that.
    const bytes = Buffer.alloc(256);
    good.copy(bytes, 0, 0, 64);
    bytes.writeBigUInt64LE(64n, 40);
    bytes.writeUInt16LE(3, 60);
    bytes.writeUInt16LE(2, 62);
    for (const [index, type] of [0, 2, 3].entries()) {
      bytes.writeUInt32LE(type, 64 + 64 * index + 4);
      bytes.writeBigUInt64LE(0x8000_0000n, 64 + 64 * index + 32);
      bytes.writeUInt32LE(2, 64 + 64 * index + 40);
    }
    writeFileSync(file, bytes);
    expect(await readElf(file)).toBeUndefined();
    expect(await found(folder.path)).toBeUndefined();
  });

  test('the same in a file with holes that is as large as it claims', async () => {
    using folder = temporaryFolder();
    const file = join(folder.path, 'teacher.ko');
    const bytes = Buffer.from(good);
    // The table of symbols is the third section.
    bytes.writeBigUInt64LE(0x8000_0000n, Number(bytes.readBigUInt64LE(40)) + 2 * 64 + 32);
    writeFileSync(file, bytes);
    execFileSync('truncate', ['-s', '8G', file]);
    expect(await readElf(file)).toBeUndefined();
  });

  test('names without an end, and many functions of one name', async () => {
    using folder = temporaryFolder();
    const file = join(folder.path, 'teacher.ko');
    writeFileSync(file, makeElf({ functions: Array.from({ length: 3000 }, () => 'read') }));
    expect((await readElf(file))?.functions('read').length).toBeLessThan(300);
    writeFileSync(file, makeElf({ functions: ['x'.repeat(1_000_000)] }));
    expect((await readElf(file))?.functions('x'.repeat(512))).toHaveLength(1);
  });
});

describe('a search in a folder that the guest can write to', () => {
  test('passes by pipes, folders and links that lead out', async () => {
    using folder = temporaryFolder();
    using elsewhere = temporaryFolder();
    const share = join(folder.path, 'share');
    for (const name of ['a', 'b', 'c/teacher.ko'])
      mkdirSync(join(share, name), { recursive: true });
    execFileSync('mkfifo', [join(share, 'teacher.ko')]);
    writeFileSync(join(elsewhere.path, 'secret'), good);
    symlinkSync(join(elsewhere.path, 'secret'), join(share, 'a/teacher.ko'));
    symlinkSync('/dev/zero', join(share, 'b/teacher.ko'));
    expect(await found(share)).toBeUndefined();
    const within = join(share, 'c/real.ko');
    writeFileSync(within, good);
    mkdirSync(join(share, 'd'));
    symlinkSync('../c/real.ko', join(share, 'd/teacher.ko'));
    expect(await found(share)).toBe(join(share, 'd/teacher.ko'));
  });

  test('looks into some files only', async () => {
    using folder = temporaryFolder();
    for (let number = 0; number < 200; number += 1) {
      mkdirSync(join(folder.path, String(number)));
      writeFileSync(join(folder.path, String(number), 'teacher.ko'), 'no object');
    }
    expect(await found(folder.path)).toBeUndefined();
  });
});
