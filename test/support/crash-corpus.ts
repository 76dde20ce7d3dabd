import { readFileSync } from 'node:fs';
import { scanCrashes } from '../../src/crash/scanner.ts';
import type { Crash, TraceFrame } from '../../src/crash/crash-event.ts';

/** Scans bytes that come in pieces of these sizes; what is left comes as one. */
export function scanInPieces(bytes: Uint8Array, sizes: readonly number[] = []): Crash[] {
  const scanner = scanCrashes();
  const crashes: Crash[] = [];
  let position = 0;
  for (const size of [...sizes, bytes.length]) {
    crashes.push(...scanner.read(bytes.subarray(position, position + size)));
    position += size;
  }
  return [...crashes, ...scanner.finish()].toSorted((a, b) => a.number - b.number);
}

/** The crashes of a saved log. */
export function crashesIn(file: string): Crash[] {
  return scanInPieces(readFileSync(file));
}

/** A crash as expected.json has it: frames as the kernel writes them, of the text only its bounds. */
export function summarise({ trace, text, address, ...crash }: Crash): Record<string, unknown> {
  const lines = text.split('\n');
  return {
    ...crash,
    ...(address === undefined ? {} : { address: `0x${address.toString(16)}` }),
    trace: trace.map(frameText),
    text: { lines: lines.length, first: lines[0], last: lines.at(-1) },
  };
}

function frameText({ function: name, offset, size, module, uncertain }: TraceFrame): string {
  const mark = uncertain === true ? '? ' : '';
  const of = size < 0 ? '' : `/0x${size.toString(16)}`;
  return `${mark}${name}+0x${offset.toString(16)}${of}${module === undefined ? '' : ` [${module}]`}`;
}
