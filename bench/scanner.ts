import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { scanCrashes } from '../src/crash/scanner.ts';
import { median, sampleInTurn } from './sampling.ts';

const logs = join(import.meta.dirname, '../fixtures/logs');
const pieceBytes = 256 * 1024;
const megabyte = 1e6;
/** A log in which the kernel boots over and over says more words of interest than most. */
const sampleBytes = 128 * megabyte;
const goalMBPerSecond = 200;

/** How fast a console log is searched for crashes, in memory, and what of it stays there. */
export async function benchScanner(rounds: number): Promise<void> {
  const boot = readFileSync(join(logs, 'console/grub-boot.txt'));
  const crash = readFileSync(join(logs, 'crashes/debian-null-read.txt'));
  const flood = Buffer.from(
    'lunix: sensor 3, measurement 117, 0x7f000001, all is well\r\n'.repeat(1e5),
  );
  const samples = {
    'boot messages': repeat(boot),
    'a driver that floods the console': repeat(flood),
    'boot messages, a crash every megabyte': repeat(
      Buffer.concat([...repeat(boot, megabyte), crash]),
    ),
    'nothing but crashes': repeat(crash, sampleBytes / 8),
  };
  const measured = await sampleInTurn(
    rounds,
    Object.fromEntries(Object.entries(samples).map(([name, pieces]) => [name, () => scan(pieces)])),
  );
  console.log(`\n## Console log scanner (${rounds} rounds in turn)\n`);
  console.log('| log | MB/s, median | crashes found |\n| --- | ---: | ---: |');
  for (const { name, ms } of measured) {
    const pieces = samples[name as keyof typeof samples];
    const speed =
      pieces.reduce((sum, { length }) => sum + length, 0) / megabyte / (median(ms) / 1e3);
    console.log(`| ${name} | ${speed.toFixed(0)} | ${countCrashes(pieces)} |`);
  }
  console.log(`\ngoal: at least ${goalMBPerSecond} MB/s`);
}

/** The bytes over and over, as pieces of the size in which a log is read. */
function repeat(bytes: Buffer, wantedBytes = sampleBytes): readonly Buffer[] {
  const times = Math.ceil(wantedBytes / bytes.length);
  const all = Buffer.concat(Array.from({ length: times }, () => bytes));
  const count = Math.ceil(all.length / pieceBytes);
  return Array.from({ length: count }, (_, index) =>
    all.subarray(index * pieceBytes, (index + 1) * pieceBytes),
  );
}

/** Processor time, in ms: what else runs on the machine does not count. */
function scan(pieces: readonly Buffer[]): number {
  const before = process.cpuUsage();
  countCrashes(pieces);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e3;
}

function countCrashes(pieces: readonly Buffer[]): number {
  const scanner = scanCrashes();
  let count = 0;
  for (const piece of pieces) count += scanner.read(piece).length;
  return count + scanner.finish().length;
}
