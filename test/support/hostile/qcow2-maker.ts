import type { Random } from './random.ts';

/** Where the fields of a header lie, and how long they are (docs/interop/qcow2.txt of QEMU). */
const fields = [
  { at: 4, bytes: 4, name: 'version' },
  { at: 8, bytes: 8, name: 'backing file offset' },
  { at: 16, bytes: 4, name: 'backing file size' },
  { at: 20, bytes: 4, name: 'cluster bits' },
  { at: 24, bytes: 8, name: 'size' },
  { at: 32, bytes: 4, name: 'encryption' },
  { at: 36, bytes: 4, name: 'L1 size' },
  { at: 40, bytes: 8, name: 'L1 offset' },
  { at: 48, bytes: 8, name: 'refcount table offset' },
  { at: 56, bytes: 4, name: 'refcount table clusters' },
  { at: 60, bytes: 4, name: 'snapshots' },
  { at: 64, bytes: 8, name: 'snapshots offset' },
  { at: 72, bytes: 8, name: 'incompatible features' },
  { at: 80, bytes: 8, name: 'compatible features' },
  { at: 88, bytes: 8, name: 'autoclear features' },
  { at: 96, bytes: 4, name: 'refcount order' },
  { at: 100, bytes: 4, name: 'header length' },
  { at: 104, bytes: 1, name: 'compression' },
  // The first extension, behind a header of 112 bytes.
  { at: 112, bytes: 4, name: 'extension type' },
  { at: 116, bytes: 4, name: 'extension length' },
] as const;

/** Numbers at which readers go wrong. */
const edges = [
  ...[0n, 1n, 2n, 3n, 4n, 8n, 9n, 16n, 21n, 72n, 104n, 112n, 512n, 1023n, 1024n, 4096n],
  ...[65_535n, 65_536n, 131_072n, 196_608n, 1n << 20n, 1n << 22n, 1n << 31n, 0xff_ff_ff_ffn],
  ...[1n << 53n, (1n << 56n) - 512n, 1n << 62n, 1n << 63n, (1n << 64n) - 1n],
];

const extensionTypes = [0xe2_79_2a_ca, 0x68_03_f8_57, 0x05_37_be_77, 0x44_41_54_41, 0x12_34_56_78];

/** A whole qcow2 file of a disk of 1 MiB: header, reference counts, L1 table, clusters of 64 KiB. */
export function wholeQcow2(): Buffer {
  const cluster = 65_536;
  const file = Buffer.alloc(4 * cluster);
  file.write('QFI\xfb', 0, 'latin1');
  file.writeUInt32BE(3, 4);
  file.writeUInt32BE(16, 20);
  file.writeBigUInt64BE(1n << 20n, 24);
  file.writeUInt32BE(1, 36);
  file.writeBigUInt64BE(BigInt(3 * cluster), 40);
  file.writeBigUInt64BE(BigInt(cluster), 48);
  file.writeUInt32BE(1, 56);
  file.writeUInt32BE(4, 96);
  file.writeUInt32BE(112, 100);
  // The table of reference counts names its one block, which counts the four clusters.
  file.writeBigUInt64BE(BigInt(2 * cluster), cluster);
  for (let index = 0; index < 4; index += 1) file.writeUInt16BE(1, 2 * cluster + 2 * index);
  return file;
}

/** The same with some of its fields changed, cut off now and then. */
export function hostileQcow2(random: Random): Buffer {
  const file = wholeQcow2();
  const changes = 1 + random.int(random.oneIn(4) ? 6 : 2);
  for (let change = 0; change < changes; change += 1) {
    const { at, bytes, name } = random.pick(fields);
    const value =
      name === 'extension type' && !random.oneIn(3)
        ? BigInt(random.pick(extensionTypes))
        : random.oneIn(3)
          ? random.bytes(8).readBigUInt64BE(0)
          : random.pick(edges);
    const wrapped = BigInt.asUintN(bytes * 8, value);
    if (bytes === 8) file.writeBigUInt64BE(wrapped, at);
    else if (bytes === 4) file.writeUInt32BE(Number(wrapped), at);
    else file.writeUInt8(Number(wrapped), at);
  }
  // L1 and L2 entries that lead anywhere.
  if (random.oneIn(3)) random.bytes(8).copy(file, 3 * 65_536);
  return random.oneIn(5) ? file.subarray(0, random.int(file.length)) : file;
}
