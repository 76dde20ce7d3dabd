import { execFileSync, spawnSync } from 'node:child_process';

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { checkBackingFile } from '../../../src/image/backing-file.ts';
import { readStart } from '../../../src/image/file-start.ts';
import { parseQcow2Header } from '../../../src/image/qcow2-header.ts';
import { hostileQcow2, wholeQcow2 } from '../../support/hostile/qcow2-maker.ts';
import { randomOf } from '../../support/hostile/random.ts';
import { needsOfHost } from '../../support/requirements.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

/** Files that are compared with what qemu-img says of them: 8 ms each. */
const compared = 400;

describe('hostile qcow2 files', () => {
  needsOfHost('qemu');

  test('what utopia accepts, qemu-img opens; it refuses nothing that is whole', async () => {
    using folder = temporaryFolder();
    const path = join(folder.path, 'disk.qcow2');
    const opens = (): boolean =>
      spawnSync('qemu-img', ['info', '-f', 'qcow2', '--', path]).status === 0;
    writeFileSync(path, wholeQcow2());
    expect([opens(), await checkBackingFile(path)]).toEqual([true, 'qcow2']);
    expect(spawnSync('qemu-img', ['check', '-q', path]).status).toBe(0);
    let accepted = 0;
    for (let index = 0; index < compared; index += 1) {
      const file = hostileQcow2(randomOf(11, index));
      writeFileSync(path, file);
      const taken = await checkBackingFile(path).then(
        (format) => format === 'qcow2',
        () => false,
      );
      if (!taken) continue;
      accepted += 1;
      expect([index, opens()]).toEqual([index, true]);
    }
    expect(accepted).toBeGreaterThan(10);
  });
});

test.each<readonly [string, (file: Buffer) => unknown, RegExp]>([
  ['an unknown incompatible feature', (file) => file.writeBigUInt64BE(1n << 40n, 72), /not known/],
  ['an L1 table of 2^32 entries', (file) => file.writeUInt32BE(0xff_ff_ff_ff, 36), /too many/],
  ['an L1 table too small', (file) => file.writeBigUInt64BE(1n << 40n, 24), /too small/],
  ['an L1 table between clusters', (file) => file.writeBigUInt64BE(66_000n, 40), /L1 table lies/],
  ['an L1 table over the header', (file) => file.writeBigUInt64BE(0n, 40), /L1 table lies/],
  ['a refcount table of 2^31 clusters', (file) => file.writeUInt32BE(1 << 30, 56), /too many/],
  ['no refcount table', (file) => file.writeUInt32BE(0, 56), /no table of reference/],
  ['2^32 snapshots', (file) => file.writeUInt32BE(0xff_ff_ff_ff, 60), /snapshots, too many/],
  ['a size of 2^63', (file) => file.writeBigUInt64BE(1n << 63n, 24), /not valid/],
  ['reference counts of 2^7 bits', (file) => file.writeUInt32BE(7, 96), /reference counts/],
  ['a compression of its own', (file) => file.writeUInt8(9, 104), /compression/],
  [
    'an extension of 4 GB',
    (file) => file.writeUInt32BE(1, 112) && file.writeUInt32BE(0xff_ff_ff_ff, 116),
    /leads out/,
  ],
])('refused by its header: %s', (_, change, words) => {
  const file = wholeQcow2();
  change(file);
  expect(parseQcow2Header(file)).toMatch(words);
});

test('tables behind the end of the file are refused before QEMU meets them', async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, 'disk.qcow2');
  writeFileSync(path, wholeQcow2().subarray(0, 3 * 65_536));
  await expect(checkBackingFile(path)).rejects.toThrow('is cut off');
});

test('a named pipe keeps nobody waiting', async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, 'pipe');
  execFileSync('mkfifo', [path]);
  expect(await readStart(path, 512)).toHaveLength(0);
});
