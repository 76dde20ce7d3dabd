import {
  appendFileSync,
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { describeOverlay, prepareOverlay } from '../../../src/image/overlay.ts';
import { unmakeOverlay } from '../../../src/image/overlay-creation.ts';
import { recordPath, readRecord } from '../../../src/image/overlay-record.ts';
import { readImageInfo } from '../../../src/image/qemu-img.ts';
import { needsOfHost } from '../../support/requirements.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { qemuImg, refusalOf, sampleLab } from './sample-lab.ts';

needsOfHost('qemu');

type Lab = ReturnType<typeof sampleLab>;

async function labWithOverlay(folder: string): Promise<Lab> {
  const lab = sampleLab(folder);
  await prepareOverlay(lab.question);
  return lab;
}

describe('a missing private file', () => {
  test('is made over the absolute path, with its format, and what it stands on is remembered', async () => {
    using folder = temporaryFolder();
    const lab = sampleLab(folder.path);
    const overlay = await prepareOverlay(lab.question);
    expect(overlay).toMatchObject({ path: lab.privateFile, created: true, warnings: [] });
    expect(overlay.allocatedBytes).toBe(statSync(lab.privateFile).blocks * 512);
    expect(await readImageInfo(lab.question, lab.privateFile)).toMatchObject({
      format: 'qcow2',
      virtualBytes: 16 * 1024 * 1024,
      backingName: lab.image,
      backingFormat: 'raw',
    });
    expect(await readRecord(lab.privateFile)).toMatchObject({
      backing: { path: lab.image, identity: { bytes: 16 * 1024 * 1024 } },
      recordedAt: '2026-11-23T12:00:00.000Z',
    });
    expect(readdirSync(folder.path).toSorted()).toEqual([
      'base.raw',
      'private.qcow2',
      'private.qcow2.utopia.json',
    ]);
  });

  test('is a copy of an overlay of the same image, with a record of its own; taken back, it is gone', async () => {
    using folder = temporaryFolder();
    const lab = sampleLab(folder.path);
    const contents = join(folder.path, 'delta.qcow2');
    qemuImg('create', '-q', '-f', 'qcow2', '-F', 'raw', '-b', lab.image, contents);
    appendFileSync(contents, 'what a boot wrote');
    const overlay = await prepareOverlay({ ...lab.question, contents });
    expect(overlay.created).toBe(true);
    expect(readFileSync(lab.privateFile).equals(readFileSync(contents))).toBe(true);
    expect(await readRecord(lab.privateFile)).toMatchObject({ backing: { path: lab.image } });
    // One that is there stays as it is.
    expect(await prepareOverlay({ ...lab.question, contents })).toMatchObject({ created: false });
    await unmakeOverlay(lab.privateFile);
    expect(readdirSync(folder.path).toSorted()).toEqual(['base.raw', 'delta.qcow2']);
  });

  test('is only predicted by a dry run', async () => {
    using folder = temporaryFolder();
    const lab = sampleLab(folder.path);
    expect(await describeOverlay(lab.question)).toMatchObject({ exists: false, allocatedBytes: 0 });
    expect(readdirSync(folder.path)).toEqual(['base.raw']);
  });

  test('of a folder that does not exist is refused with the command that makes it', async () => {
    using folder = temporaryFolder();
    const lab = sampleLab(folder.path);
    const config = { privateFile: join(folder.path, 'my lab/private.qcow2') };
    const refusal = await refusalOf(prepareOverlay({ ...lab.question, config }));
    expect(refusal.code).toBe('cannot-create');
    expect(refusal.hint).toBe(`mkdir -p '${folder.path}/my lab'`);
  });

  test('without qemu-img ends in words about QEMU and leaves nothing', async () => {
    using folder = temporaryFolder();
    const lab = sampleLab(folder.path);
    const refusal = await refusalOf(
      prepareOverlay({ ...lab.question, imgBinary: '/nowhere/qemu-img' }),
    );
    expect(refusal.code).toBe('qemu-missing');
    expect(existsSync(lab.privateFile)).toBe(false);
  });

  test('takes Greek letters, blanks, commas and quotes in its path', async () => {
    using folder = temporaryFolder();
    const odd = join(folder.path, "άσκηση 2, 'τελική'");
    mkdirSync(odd);
    const lab = await labWithOverlay(odd);
    expect(await prepareOverlay(lab.question)).toMatchObject({ created: false, warnings: [] });
  });

  test('is made once when several start at the same moment', async () => {
    using folder = temporaryFolder();
    const lab = sampleLab(folder.path);
    const overlays = await Promise.all(
      Array.from({ length: 6 }, () => prepareOverlay(lab.question)),
    );
    expect(overlays.filter((overlay) => overlay.created)).toHaveLength(1);
    expect(readdirSync(folder.path)).toHaveLength(3);
    expect(qemuImg('check', lab.privateFile)).toContain('No errors');
  });

  test('clears what killed creations left, and only that', async () => {
    using folder = temporaryFolder();
    const lab = sampleLab(folder.path);
    // No process has this number: the kernel's limit is 2^22.
    const dead = '.private.qcow2.4999999-0123abcd.draft';
    const living = `.private.qcow2.${process.pid}-0123abcd.draft`;
    const foreign = '.private.qcow2.swp';
    for (const name of [dead, living, foreign]) writeFileSync(join(folder.path, name), '');
    await prepareOverlay(lab.question);
    const names = readdirSync(folder.path);
    expect(names).not.toContain(dead);
    expect(names).toEqual(expect.arrayContaining([living, foreign]));
  });
});

describe('a good private file', () => {
  test('is taken without any child process, and nothing is written', async () => {
    using folder = temporaryFolder();
    const lab = await labWithOverlay(folder.path);
    const before = readFileSync(recordPath(lab.privateFile), 'utf8');
    const question = { ...lab.question, imgBinary: '/nowhere/qemu-img', now: new Date() };
    expect(await prepareOverlay(question)).toMatchObject({ created: false, warnings: [] });
    expect(readFileSync(recordPath(lab.privateFile), 'utf8')).toBe(before);
  });

  test('of utopia.sh, without a record and with a relative name, is adopted', async () => {
    using folder = temporaryFolder();
    const lab = sampleLab(folder.path);
    qemuImg('create', '-q', '-f', 'qcow2', '-F', 'raw', '-b', './base.raw', lab.privateFile);
    expect(await prepareOverlay(lab.question)).toMatchObject({
      created: false,
      // qemu-img leaves it readable for everybody.
      warnings: [expect.stringContaining('from now on only you can')],
    });
    expect((await readRecord(lab.privateFile))?.backing.path).toBe(lab.image);
  });

  test('is adopted with a warning when the image is newer than its last write', async () => {
    using folder = temporaryFolder();
    const lab = await labWithOverlay(folder.path);
    rmSync(recordPath(lab.privateFile));
    utimesSync(lab.image, new Date(), new Date(Date.now() + 60_000));
    const { warnings } = await prepareOverlay(lab.question);
    expect(warnings).toEqual([expect.stringContaining('if it was replaced')]);
  });

  test('is adopted again when its record is garbage or about another overlay', async () => {
    using folder = temporaryFolder();
    const lab = await labWithOverlay(folder.path);
    writeFileSync(recordPath(lab.privateFile), '{"schema": 1');
    await prepareOverlay(lab.question);
    const record = (await readRecord(lab.privateFile)) ?? expect.fail('not recorded');
    const other = { ...record, backing: { path: '/old', identity: { bytes: 1, mtimeNs: '2' } } };
    writeFileSync(recordPath(lab.privateFile), JSON.stringify(other));
    await prepareOverlay(lab.question);
    expect((await readRecord(lab.privateFile))?.backing).toEqual(record.backing);
  });

  test('stays good when the image is restored from a copy with its time', async () => {
    using folder = temporaryFolder();
    const lab = await labWithOverlay(folder.path);
    const { atime, mtime } = statSync(lab.image);
    copyFileSync(lab.image, `${lab.image}.copy`);
    renameSync(`${lab.image}.copy`, lab.image);
    // Node sets times in whole microseconds; so the first one gets such a time too.
    utimesSync(lab.image, atime, mtime);
    rmSync(recordPath(lab.privateFile));
    await prepareOverlay(lab.question);
    copyFileSync(lab.image, `${lab.image}.copy`);
    utimesSync(`${lab.image}.copy`, atime, mtime);
    renameSync(`${lab.image}.copy`, lab.image);
    await prepareOverlay(lab.question);
    const inode = (await readRecord(lab.privateFile))?.backing.identity.inode;
    expect(inode).toBe(String(statSync(lab.image).ino));
  });

  test('may be named through a symbolic link, and so may the image', async () => {
    using folder = temporaryFolder();
    const lab = await labWithOverlay(folder.path);
    const link = join(folder.path, 'same.raw');
    symlinkSync('base.raw', link);
    const backing = { ...lab.backing, path: link };
    expect(await prepareOverlay({ ...lab.question, backing })).toMatchObject({ created: false });
    symlinkSync('private.qcow2', join(folder.path, 'link.qcow2'));
    const config = { privateFile: join(folder.path, 'link.qcow2') };
    expect(await prepareOverlay({ ...lab.question, config })).toMatchObject({ created: false });
  });

  test('whose creation was killed between link and unlink loses the second name', async () => {
    using folder = temporaryFolder();
    const lab = await labWithOverlay(folder.path);
    linkSync(lab.privateFile, join(folder.path, '.private.qcow2.4999999-0123abcd.draft'));
    await prepareOverlay(lab.question);
    expect(statSync(lab.privateFile).nlink).toBe(1);
  });

  test('of a running machine is looked at, and nothing is written beside it', async () => {
    using folder = temporaryFolder();
    const lab = await labWithOverlay(folder.path);
    rmSync(recordPath(lab.privateFile));
    await prepareOverlay({ ...lab.question, running: true });
    expect(existsSync(recordPath(lab.privateFile))).toBe(false);
  });
});

/** What is done to a good lab, and the refusal that must follow. */
const damages: readonly {
  readonly name: string;
  readonly damage: (lab: Lab) => void;
  readonly code: string;
  readonly message: RegExp;
  readonly hint: RegExp;
}[] = [
  {
    name: 'an empty file',
    damage: (lab) => truncateSync(lab.privateFile, 0),
    code: 'overlay-damaged',
    message: /is empty/,
    hint: /utopia reset/,
  },
  {
    name: 'a file cut off in its tables',
    damage: (lab) => truncateSync(lab.privateFile, 70_000),
    code: 'overlay-damaged',
    message: /has 70000 bytes, its own tables need \d+/,
    hint: /utopia reset/,
  },
  {
    name: 'a raw file',
    damage: (lab) => copyFileSync(lab.image, lab.privateFile),
    code: 'image-unsuitable',
    message: /not a qcow2 file but a raw one/,
    hint: /QCOW2_PRIVATE_FILE/,
  },
  {
    name: 'a folder',
    damage: (lab) => {
      rmSync(lab.privateFile);
      mkdirSync(lab.privateFile);
    },
    code: 'image-unsuitable',
    message: /is a folder/,
    hint: /QCOW2_PRIVATE_FILE/,
  },
  {
    name: 'a dangling link',
    damage: (lab) => {
      rmSync(lab.privateFile);
      symlinkSync('/mnt/usb stick/private.qcow2', lab.privateFile);
    },
    code: 'image-unsuitable',
    message: /symbolic link to \/mnt\/usb stick\/private.qcow2, which does not exist/,
    hint: /rm /,
  },
  {
    name: 'a disk of its own',
    damage: (lab) => void qemuImg('create', '-q', '-f', 'qcow2', lab.privateFile, '1M'),
    code: 'image-unsuitable',
    message: /has no backing file/,
    hint: /QCOW2_PRIVATE_FILE/,
  },
  {
    name: 'one over a network disk',
    damage: (lab) =>
      void qemuImg(
        ...['create', '-q', '-u', '-f', 'qcow2', '-F', 'raw'],
        ...['-b', 'nbd://example.invalid/x', lab.privateFile, '1M'],
      ),
    code: 'image-unsuitable',
    message: /stand on a file but on nbd:/,
    hint: /QCOW2_PRIVATE_FILE/,
  },
  {
    name: 'one over another image',
    damage: (lab) => {
      const other = join(lab.folder, 'other.raw');
      copyFileSync(lab.image, other);
      qemuImg('rebase', '-u', '-F', 'raw', '-b', other, lab.privateFile);
    },
    code: 'image-changed',
    message: /made over another image/,
    hint: /QCOW2_BACKING_FILE=.*other\.raw\n.*utopia reset/,
  },
  {
    name: 'an image of another length',
    damage: (lab) => truncateSync(lab.image, 8 * 1024 * 1024),
    code: 'image-changed',
    message: /is not what .* was made over/,
    hint: /old image back/,
  },
  {
    name: 'an image with other contents',
    damage: (lab) => writeFileSync(lab.image, 'another one', { flag: 'r+' }),
    code: 'image-changed',
    message: /is not what .* was made over/,
    hint: /old image back.*utopia reset/,
  },
  {
    name: 'an image that was touched',
    damage: (lab) => utimesSync(lab.image, 1, 1),
    code: 'image-changed',
    message: /is not what .* was made over/,
    hint: /utopia image rebase/,
  },
  {
    name: 'an image that became a qcow2',
    damage: (lab) => void qemuImg('create', '-q', '-f', 'qcow2', lab.image, '16M'),
    code: 'image-changed',
    message: /not what/,
    hint: /old image back/,
  },
];

describe('a private file that is not fit', () => {
  test.each(damages)('$name', async ({ damage, code, message, hint }) => {
    using folder = temporaryFolder();
    const lab = await labWithOverlay(folder.path);
    damage(lab);
    const names = readdirSync(folder.path);
    for (const look of [prepareOverlay, describeOverlay]) {
      const refusal = await refusalOf(look(lab.question));
      expect(refusal.code).toBe(code);
      expect(refusal.message).toMatch(message);
      expect(refusal.hint).toMatch(new RegExp(hint, 's'));
    }
    expect(readdirSync(folder.path)).toEqual(names);
  });

  test('one marked corrupt by QEMU', async () => {
    using folder = temporaryFolder();
    const lab = await labWithOverlay(folder.path);
    const bytes = readFileSync(lab.privateFile);
    bytes[79] = (bytes[79] ?? 0) | 2;
    writeFileSync(lab.privateFile, bytes);
    const refusal = await refusalOf(prepareOverlay(lab.question));
    expect(refusal).toMatchObject({ code: 'overlay-damaged' });
    expect(refusal.message).toContain('marked it corrupt');
  });

  test('one read as raw over an image that is a qcow2', async () => {
    using folder = temporaryFolder();
    const lab = await labWithOverlay(folder.path);
    const backing = { ...lab.backing, format: 'qcow2' as const };
    const refusal = await refusalOf(prepareOverlay({ ...lab.question, backing }));
    expect(refusal).toMatchObject({ code: 'image-changed' });
    expect(refusal.message).toContain('as raw');
  });

  test('one whose image was moved: the same image is recognised and a rebase offered', async () => {
    using folder = temporaryFolder();
    const lab = await labWithOverlay(folder.path);
    const moved = join(folder.path, 'moved here.raw');
    renameSync(lab.image, moved);
    const backing = { ...lab.backing, path: moved };
    const refusal = await refusalOf(prepareOverlay({ ...lab.question, backing }));
    expect(refusal.code).toBe('image-missing');
    expect(refusal.details.join()).toContain('is the same image');
    expect(refusal.hint).toBe(`utopia image rebase --to '${moved}'`);
  });

  test('one whose image is gone while another is configured: no rebase is offered', async () => {
    using folder = temporaryFolder();
    const lab = await labWithOverlay(folder.path);
    const other = join(folder.path, 'other.raw');
    copyFileSync(lab.image, other);
    appendFileSync(other, 'more');
    rmSync(lab.image);
    const backing = { ...lab.backing, path: other };
    const refusal = await refusalOf(prepareOverlay({ ...lab.question, backing }));
    expect(refusal.code).toBe('image-changed');
    expect(refusal.hint).not.toContain('rebase');
  });
});
