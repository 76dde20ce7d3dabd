import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { fetchImage } from '../../../../src/image/fetch/fetch-image.ts';
import { startImageServer } from '../../../support/image-server.ts';
import { wholeQcow2 } from '../../../support/hostile/qcow2-maker.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';
import { refusalOf } from '../sample-lab.ts';

/** A file of 200 kB with these bytes somewhere. */
function marked(bytes: string | readonly number[], at = 0): Buffer {
  const file = Buffer.alloc(200_000, 1);
  Buffer.from(bytes as string, 'latin1').copy(file, at);
  return file;
}

function changed(change: (file: Buffer) => unknown): Buffer {
  const file = wholeQcow2();
  change(file);
  return file;
}

const foreign: readonly (readonly [string, Buffer, RegExp])[] = [
  ['VMDK', marked('KDMV'), /VMDK/],
  ['VMDK descriptor', marked('# Disk DescriptorFile\n'), /VMDK/],
  ['VDI', marked([0x7f, 0x10, 0xda, 0xbe], 64), /VDI/],
  ['VHDX', marked('vhdxfile'), /VHDX/],
  ['dynamic VHD', marked('conectix'), /VHD/],
  ['fixed VHD', marked('conectix', 200_000 - 512), /VHD/],
  ['QED', marked('QED\0'), /QED/],
  ['qcow 1', marked([0x51, 0x46, 0x49, 0xfb, 0, 0, 0, 1]), /version 1/],
  ['ISO', marked('CD001', 32_769), /ISO/],
  ['tar', marked('ustar', 257), /tar/],
  ['7z', marked([0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c]), /7z/],
  ['a page with a mark before it', Buffer.from('\uFEFF<!DOCTYPE html><p>log in'), /web page/],
  ['a page with a comment first', Buffer.from('<!-- x --><html></html>'), /web page/],
  ['JSON', Buffer.from('{"error": "not found"}'), /web service/],
  ['packed twice', gzipSync(gzipSync(Buffer.alloc(100_000, 'x'))), /packed twice/],
  ['qcow2 of no size', changed((file) => file.writeBigUInt64BE(0n, 24)), /without a byte/],
  ['qcow2, unknown feature', changed((file) => file.writeBigUInt64BE(32n, 72)), /not known/],
  ['qcow2, huge L1', changed((file) => file.writeUInt32BE(1 << 30, 36)), /too many/],
  ['qcow2, encrypted', changed((file) => file.writeUInt32BE(1, 32)), /encrypted/],
  ['qcow2, external data', changed((file) => file.writeBigUInt64BE(4n, 72)), /another file/],
  ['qcow2, cut off', wholeQcow2().subarray(0, 150_000), /cut off/],
];

test.each(
  foreign.flatMap(([name, body, words]) => [
    [name, body, words] as const,
    [`${name}, packed`, gzipSync(body), words] as const,
  ]),
)('%s is refused, and nothing is left', async (_, body, words) => {
  using folder = temporaryFolder();
  await using server = await startImageServer(body);
  const refusal = await refusalOf(
    fetchImage({
      ...{ url: server.url, output: join(folder.path, 'disk.raw'), mode: 0o400, report: () => {} },
      ...{ signal: new AbortController().signal, retryDelaysMs: [1], stallMs: 5000 },
    }),
  );
  expect([refusal.code, refusal.message]).toEqual([
    'image-unsuitable',
    expect.stringMatching(words),
  ]);
  expect(refusal.hint).toBeDefined();
  expect(readdirSync(folder.path)).toEqual([]);
});
