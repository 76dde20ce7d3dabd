import { readdirSync, readFileSync } from 'node:fs';
import type { Environment } from '../environment.ts';
import { bootSector, sectorArguments, withFloppy } from './canary.ts';
import { measuredShape, slowdownCache } from './known-slowdown.ts';
import { programKey, remembered } from './verdict-cache.ts';

/** Rounds between two dots: 4 ms under emulation on a machine of 2023, less than a turn of a busy host's scheduler. */
const rounds = 200_000;
/** A guest whose firmware alone takes longer than this has no speed worth telling. */
const timeoutMs = 10_000;
/** Fewer say too little: a dot is noticed late, up to one of them. */
const leastDots = 8;

/**
 * A guest that adds, rotates, stores and loads over 16 KiB of memory, and writes a dot
 * to port 0xe9 before every 200 000 rounds of that, 25 times. The time between dots is
 * the loop's alone, without QEMU's start and the firmware.
 */
const loopCode: readonly number[] = [
  ...[0x31, 0xc0, 0x8e, 0xd8], // xor ax, ax; mov ds, ax
  ...[0xb2, 0x19, 0xbb, 0x00, 0x80], // mov dl, 25; mov bx, 0x8000
  ...[0xb0, 0x2e, 0xe6, 0xe9], // dot: mov al, '.'; out 0xe9, al
  ...[0x66, 0xb9, 0x40, 0x0d, 0x03, 0x00], // mov ecx, 200000
  ...[0x66, 0x01, 0xc8], // round: add eax, ecx
  ...[0x66, 0xc1, 0xc0, 0x05], // rol eax, 5
  ...[0x66, 0x89, 0x07], // mov [bx], eax
  ...[0x66, 0x33, 0x47, 0x04], // xor eax, [bx + 4]
  ...[0x83, 0xc3, 0x04], // add bx, 4
  ...[0x81, 0xe3, 0xff, 0xbf], // and bx, 0xbfff
  ...[0x80, 0xcf, 0x80], // or bh, 0x80
  ...[0x66, 0x49, 0x75, 0xe4], // dec ecx; jnz round
  ...[0xfe, 0xca, 0x75, 0xd6], // dec dl; jnz dot
  ...[0xb0, 0x10, 0xe6, 0xf4], // mov al, 0x10; out 0xf4, al
  ...[0xf4, 0xeb, 0xfd], // hlt; jmp to the hlt
];

/**
 * How many times as long a loop of instructions takes under emulation as on this
 * processor. Found out once for each boot of the host and QEMU; undefined where the
 * guest does not come to its end.
 */
export async function measureSlowdown(
  binary: string,
  env: Environment,
  signal: AbortSignal,
): Promise<number | undefined> {
  const measured = await remembered(
    env,
    slowdownCache,
    await programKey(binary),
    measuredShape,
    async () => {
      const emulatedMs = await timeLoopInGuest(binary, signal);
      return emulatedMs === undefined ? {} : { slowdown: emulatedMs / timeLoopHere() };
    },
    ({ slowdown }) => slowdown !== undefined,
  );
  return measured.slowdown;
}

async function timeLoopInGuest(binary: string, signal: AbortSignal): Promise<number | undefined> {
  const { execa } = await import('execa');
  return await withFloppy(bootSector(loopCode), async (floppy) => {
    const seen: { readonly dots: number; readonly ms: number }[] = [];
    let dots = 0;
    const guest = execa(binary, [...sectorArguments(floppy, 'tcg'), '-debugcon', 'stdio'], {
      reject: false,
      stdin: 'ignore',
      timeout: timeoutMs,
      killSignal: 'SIGKILL',
      cancelSignal: signal,
    });
    guest.stdout.on('data', (text: Buffer) => {
      dots += text.length;
      const ms = processorMs(guest.pid);
      // Less than before: the guest's thread has ended.
      if (ms !== undefined && ms > (seen.at(-1)?.ms ?? 0)) seen.push({ dots, ms });
    });
    await guest;
    signal.throwIfAborted();
    const [first, last] = [seen[0], seen.at(-1)];
    if (first === undefined || last === undefined) return undefined;
    const done = last.dots - first.dots;
    return done < leastDots ? undefined : (last.ms - first.ms) / done;
  });
}

/**
 * Time that the threads of a process had on a processor, which other programs do not
 * lengthen (schedstat: nanoseconds, in proc.rst of the kernel); undefined when it has
 * ended or the kernel does not count.
 */
function processorMs(pid: number | undefined): number | undefined {
  try {
    const folder = `/proc/${pid}/task`;
    const times = readdirSync(folder).map((task) =>
      Number(readFileSync(`${folder}/${task}/schedstat`, 'utf8').split(' ')[0]),
    );
    return times.reduce((sum, time) => sum + time, 0) / 1e6;
  } catch {
    return undefined;
  }
}

/**
 * The same loop as a WebAssembly module, which Node translates to a processor's own
 * instructions: exported as `f`, it takes the rounds and gives the sum.
 */
const nativeLoop = new Uint8Array([
  ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00], // magic, version 1
  ...[0x01, 0x06, 0x01, 0x60, 0x01, 0x7f, 0x01, 0x7f], // type 0: i32 -> i32
  ...[0x03, 0x02, 0x01, 0x00], // function 0 is of type 0
  ...[0x05, 0x03, 0x01, 0x00, 0x01], // a memory of 64 KiB
  ...[0x07, 0x05, 0x01, 0x01, 0x66, 0x00, 0x00], // export function 0 as f
  ...[0x0a, 0x3b, 0x01, 0x39, 0x01, 0x02, 0x7f, 0x03, 0x40], // code: locals sum, index; loop
  ...[0x20, 0x01, 0x20, 0x00, 0x6a, 0x41, 0x05, 0x77, 0x21, 0x01], // sum = rotl(sum + n, 5)
  ...[0x20, 0x02, 0x20, 0x01, 0x36, 0x02, 0x00], // memory[index] = sum
  ...[0x20, 0x01, 0x20, 0x02, 0x28, 0x02, 0x04, 0x73, 0x21, 0x01], // sum ^= memory[index + 4]
  ...[0x20, 0x02, 0x41, 0x04, 0x6a, 0x41, 0xff, 0xff, 0x00, 0x71, 0x21, 0x02], // index = (index + 4) & 0x3fff
  ...[0x20, 0x00, 0x41, 0x01, 0x6b, 0x22, 0x00, 0x0d, 0x00, 0x0b], // while (n -= 1); end of loop
  ...[0x20, 0x01, 0x0b], // sum
]);

/** The part of Node's WebAssembly that is used; TypeScript has its types in the browser's library only. */
interface WasmEngine {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => {
    readonly exports: { readonly f: (rounds: number) => number };
  };
}

/** After a few calls the loop is compiled as well as it will be. */
function timeLoopHere(): number {
  const { Instance, Module } = (globalThis as unknown as { WebAssembly: WasmEngine }).WebAssembly;
  const run = new Instance(new Module(nativeLoop)).exports.f;
  const times = Array.from({ length: 50 }, () => {
    const startedAt = performance.now();
    run(rounds);
    return performance.now() - startedAt;
  });
  // The shortest is the one in which nothing else had the processor.
  return Math.min(...times);
}
