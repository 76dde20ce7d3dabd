import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  parseQcow2Header,
  qcow2HeaderBytes,
  type Qcow2Header,
} from '../../../src/image/qcow2-header.ts';
import { needsOfHost } from '../../support/requirements.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { qemuImg } from './sample-lab.ts';

function headerOf(path: string): Qcow2Header {
  const header = parseQcow2Header(readFileSync(path).subarray(0, qcow2HeaderBytes));
  if (typeof header === 'string') throw new Error(header);
  return header;
}

describe('files made by qemu-img', () => {
  needsOfHost('qemu');

  test.each([
    ['version 3', ['-o', 'compat=1.1'], 3],
    ['version 2', ['-o', 'compat=0.10'], 2],
    ['small clusters', ['-o', 'cluster_size=4k'], 3],
    ['large clusters', ['-o', 'cluster_size=2M,lazy_refcounts=on'], 3],
  ])('%s: name, format and size of the backing file', (_, options, version) => {
    using folder = temporaryFolder();
    const base = join(folder.path, 'εικόνα με κενά.raw');
    writeFileSync(base, Buffer.alloc(1024 * 1024));
    const path = join(folder.path, 'o.qcow2');
    qemuImg('create', '-q', '-f', 'qcow2', ...options, '-F', 'raw', '-b', base, path);
    expect(headerOf(path)).toEqual({
      version,
      virtualBytes: 1024 * 1024,
      backingName: base,
      backingFormat: 'raw',
      encrypted: false,
      externalDataFile: false,
      dirty: false,
      corrupt: false,
      snapshotCount: 0,
      leastBytes: expect.any(Number) as number,
    });
    expect(headerOf(path).leastBytes).toBeLessThanOrEqual(readFileSync(path).length);
  });

  test('a disk of its own has no backing file, and its snapshots are counted', () => {
    using folder = temporaryFolder();
    const path = join(folder.path, 'disk.qcow2');
    qemuImg('create', '-q', '-f', 'qcow2', path, '1M');
    qemuImg('snapshot', '-c', 'before', path);
    expect(headerOf(path)).toMatchObject({ backingName: undefined, snapshotCount: 1 });
  });

  test('contents in another file, and encryption, are seen', () => {
    using folder = temporaryFolder();
    const outside = join(folder.path, 'outside.qcow2');
    qemuImg('create', '-q', '-f', 'qcow2', '-o', `data_file=${folder.path}/d`, outside, '1M');
    expect(headerOf(outside).externalDataFile).toBe(true);
    const secret = join(folder.path, 'secret.qcow2');
    // Not luks: for that qemu-img measures this processor, and gives up when it is busy elsewhere
    // ("Unable to get accurate CPU usage"). The header differs in the method's number alone.
    qemuImg(
      ...['create', '-q', '-f', 'qcow2', '--object', 'secret,id=s,data=x'],
      ...['-o', 'encrypt.format=aes,encrypt.key-secret=s', secret, '1M'],
    );
    expect(headerOf(secret).encrypted).toBe(true);
  });
});

describe('what is no header', () => {
  const whole = Buffer.alloc(104);
  whole.write('QFI', 0, 'latin1');
  whole[3] = 0xfb;
  whole.writeUInt32BE(3, 4);
  whole.writeUInt32BE(16, 20);
  whole.writeUInt32BE(104, 100);
  // A disk without a byte, with its table of reference counts.
  whole.writeBigUInt64BE(65_536n, 48);
  whole.writeUInt32BE(1, 56);

  function changed(change: (header: Buffer) => void): Buffer {
    const copy = Buffer.from(whole);
    change(copy);
    return copy;
  }

  test('the sample itself is one', () => {
    expect(parseQcow2Header(whole)).toMatchObject({ version: 3, backingName: undefined });
  });

  test.each([
    ['nothing', Buffer.alloc(0), /magic/],
    ['zeros', Buffer.alloc(4096), /magic/],
    ['a magic and no more', whole.subarray(0, 40), /cut off/],
    ['version 3 cut after 80 bytes', whole.subarray(0, 80), /cut off/],
    ['version 9', changed((header) => header.writeUInt32BE(9, 4)), /version 9/],
    ['clusters of 1 byte', changed((header) => header.writeUInt32BE(0, 20)), /cluster size/],
    ['a name of 64 kB', changed((header) => header.writeUInt32BE(65_536, 16)), /65536 bytes/],
    [
      'a name far outside',
      changed((header) => {
        header.writeBigUInt64BE(2n ** 60n, 8);
        header.writeUInt32BE(10, 16);
      }),
      /outside/,
    ],
    ['a header length of 4 GB', changed((header) => header.fill(0xff, 100)), /header length/],
  ])('%s', (_, start, problem) => {
    expect(parseQcow2Header(start)).toMatch(problem);
  });

  test('the corrupt and the dirty bit are told apart', () => {
    expect(parseQcow2Header(changed((header) => (header[79] = 1)))).toMatchObject({
      dirty: true,
      corrupt: false,
    });
    expect(parseQcow2Header(changed((header) => (header[79] = 2)))).toMatchObject({
      dirty: false,
      corrupt: true,
    });
  });
});
