import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { draftFile, unpackArchive } from '../../../src/lifecycle/throwaway/unpack.ts';
import { Mismatch, placeNode } from '../../../src/lifecycle/throwaway/place-files.ts';
import { openFolder } from '../../../src/system/open-folder.ts';
import type { Random } from './random.ts';
import { target } from './target.ts';

const bounds = { bytes: 64 * 1024, members: 200, depth: 8 };
const names = ['out', './out', 'out/a', 'out/b', 'out/a/b', 'out/d', 'out/d/e', 'out/l', 'out/l/x'];
const badNames = ['../x', '/etc/x', 'out/../../x', 'other', '', '.', 'out/\uFFFD', 'out//a/./b'];
const targets = [
  'a',
  '../out/a',
  '/etc/passwd',
  '..',
  '../..',
  'd/../../x',
  'l',
  '.',
  '',
  'd',
  'd/e',
];
const types = [
  '0',
  '0',
  '0',
  '5',
  '5',
  '2',
  '2',
  '1',
  '3',
  '6',
  '\0',
  'L',
  'K',
  'x',
  'g',
  'S',
  'V',
];

function header(name: string, type: string, size: number, link: string, random: Random): Buffer {
  const block = Buffer.alloc(512);
  block.write(name.slice(0, 100), 0);
  block.write(random.pick(['0000644\0', '0007777\0', '0000000\0', '7777777\0']), 100, 'latin1');
  block.write(`${size.toString(8).padStart(11, '0')}\0`, 124, 'latin1');
  block.write('00000000000\0', 136, 'latin1');
  block.write(type, 156, 'latin1');
  block.write(link.slice(0, 100), 157);
  block.write('ustar\0', 257, 'latin1');
  if (random.oneIn(12)) {
    // Numbers in GNU's binary form, huge and negative ones too.
    random.bytes(12).copy(block, 124);
    block[124] = random.pick([0x80, 0xff]);
    if (random.oneIn(2)) block.fill(0, 125, 132);
  }
  block.fill(0x20, 148, 156);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return block;
}

function member(random: Random): Buffer {
  const type = random.pick(types);
  const name = random.pick(random.oneIn(6) ? badNames : names);
  const path = random.oneIn(40) ? `out${'/d'.repeat(random.int(60))}` : name;
  const data = 'LKxg'.includes(type)
    ? extension(type, random)
    : random.bytes(random.pick([0, 1, 511, 512, 513, 3_000]));
  const size = random.oneIn(15) ? random.pick([8 ** 11 - 1, 70_000, 0]) : data.length;
  const padding = Buffer.alloc((512 - (data.length % 512)) % 512);
  const body = '0\0LKxg'.includes(type) ? [data, padding] : [];
  return Buffer.concat([
    header(path, type, body.length > 0 ? size : 0, random.pick(targets), random),
    ...body,
  ]);
}

function extension(type: string, random: Random): Buffer {
  if (type !== 'x' && type !== 'g') {
    return Buffer.from(`${random.pick([...names, ...badNames, 'n'.repeat(5_000)])}\0`);
  }
  const records = Array.from({ length: random.int(4) }, () => {
    const key = random.pick(['path', 'linkpath', 'size', 'mtime', 'GNU.sparse.map', 'x']);
    const value = random.pick([...names, ...badNames, ...targets, '12', '-1', '9'.repeat(30)]);
    const rest = ` ${key}=${value}\n`;
    const length = Buffer.byteLength(rest) + String(Buffer.byteLength(rest) + 2).length;
    return `${random.oneIn(8) ? random.pick([0, 1, 9_999_999, -5]) : length}${rest}`;
  });
  return Buffer.from(records.join(''));
}

function generate(random: Random): readonly Buffer[] {
  const members = Array.from({ length: 1 + random.int(12) }, () => member(random));
  const all = Buffer.concat([...members, Buffer.alloc(random.oneIn(5) ? 0 : 1_024)]);
  if (random.oneIn(8)) random.bytes(4).copy(all, random.int(all.length));
  const size = random.pick([100, 512, 5_000, all.length]);
  const pieces: Buffer[] = [];
  for (let at = 0; at < all.length; at += size) pieces.push(all.subarray(at, at + size));
  return pieces;
}

/** Whatever an archive holds, nothing outside of its place changes, and no link there leads out of it. */
export const archiveTarget = target<readonly Buffer[]>({
  id: 'archive',
  generate,
  run: async (pieces, folder) => {
    const place = mkdtempSync(join(folder, 'archive-'));
    const [host, draft, outside] = ['host', 'draft', 'outside'].map((name) => join(place, name));
    for (const each of [host, draft, outside]) mkdirSync(each ?? '');
    writeFileSync(join(outside ?? '', 'victim'), 'as it was');
    // A guest may have left it, by another way.
    symlinkSync('../../outside', join(host ?? '', 'l'));
    const unpacking = unpackArchive(draft ?? '', ['out'], bounds);
    try {
      for (const piece of pieces) await unpacking.take(piece);
      const node = (await unpacking.finish()).find('out');
      await using into = await openFolder(host ?? '');
      const fileAt = (number: number): string => draftFile(draft ?? '', number);
      if (node !== undefined) await placeNode(into, ['out'], node, fileAt);
    } catch (error) {
      if (!(error instanceof RangeError || error instanceof Mismatch)) throw error;
    } finally {
      await unpacking.close();
    }
    check(host ?? '', outside ?? '');
    rmSync(place, { recursive: true });
  },
});

function check(host: string, outside: string): void {
  if (readFileSync(join(outside, 'victim'), 'utf8') !== 'as it was') throw new Error('overwritten');
  if (readdirSync(outside).length !== 1) throw new Error('something is outside');
  const top = join(realpathSync(host), 'out');
  let bytes = 0;
  for (const name of listBelow(host)) {
    if (name === 'l') continue;
    const path = join(host, name);
    const found = lstatSync(path);
    if (name !== 'out' && !name.startsWith('out/')) throw new Error(`${name} was not asked for`);
    if ((found.mode & 0o7000) !== 0) throw new Error(`${name} has special bits`);
    if (found.isFile()) bytes += found.size;
    else if (found.isSymbolicLink()) {
      const end = realpathSync(path);
      if (end !== top && !end.startsWith(`${top}/`)) throw new Error(`${name} leads to ${end}`);
    } else if (!found.isDirectory()) throw new Error(`${name} is something else`);
  }
  if (bytes > bounds.bytes) throw new Error(`${bytes} bytes were written`);
}

/** Every path below a folder. Node's own recursive listing follows links, in loops without an end. */
function listBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => [
    entry.name,
    ...(entry.isDirectory()
      ? listBelow(join(folder, entry.name)).map((name) => join(entry.name, name))
      : []),
  ]);
}
