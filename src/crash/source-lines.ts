import { execa } from 'execa';
import { chooseFunction } from './match.ts';
import type { ElfFunction, ElfObject } from './elf.ts';
import type { InlinedCall, SourceLine, TraceFrame } from './crash-event.ts';

/** A program that turns an address into file and line. */
export type LineProgram = 'addr2line' | 'gdb';

export interface LineOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
}

/** Reading the debug information of a whole kernel takes seconds. */
const timeoutMs = 60_000;
/** What the program may say: a line takes some hundred bytes with all that is inlined there. */
const mostOutputBytes = 8 * 1024 * 1024;
/** Addresses that are asked about at once: more than the traces of a log's last crashes have. */
const mostAddresses = 2048;
/** Memory of the program, in KiB: a kernel's debug information takes 2 GiB, a forged one any. */
const mostMemoryKiB = 8 * 1024 * 1024;

/** The first of the two that runs here; undefined when neither is installed. */
export async function findLineProgram({
  env,
  signal,
}: LineOptions): Promise<LineProgram | undefined> {
  for (const program of ['addr2line', 'gdb'] as const) {
    const { exitCode } = await execa(program, ['--version'], {
      ...settings(env, signal),
      reject: false,
    });
    if (exitCode === 0) return program;
  }
  return undefined;
}

/** What inlining makes of one address: the innermost call first, the function itself last. */
export type CallChain = readonly InlinedCall[];

/** Adds file and line to the frames that an object explains; the others come back as they were. */
export async function addLines(
  frames: readonly TraceFrame[],
  object: ElfObject,
  program: LineProgram,
  options: LineOptions,
): Promise<TraceFrame[]> {
  const located = frames.map((frame) => ({ frame, symbol: chooseFunction(object, frame) }));
  const bySection = new Map<string, Map<string, Asked[number]>>();
  for (const { frame, symbol } of located) {
    if (symbol === undefined) continue;
    const section = object.relocatable ? symbol.section : '';
    const asked = bySection.get(section) ?? new Map<string, Asked[number]>();
    const offset = askedOffset(frame);
    if (asked.size < mostAddresses) asked.set(keyOf(symbol, offset), { symbol, offset });
    bySection.set(section, asked);
  }
  const chains = new Map<string, CallChain>();
  for (const [section, places] of bySection) {
    const asked = [...places.values()];
    const found = await (program === 'addr2line' ? askAddr2line : askGdb)(
      object,
      section,
      asked,
      options,
    );
    for (const [index, { symbol, offset }] of asked.entries()) {
      chains.set(keyOf(symbol, offset), found[index] ?? []);
    }
  }
  return located.map(({ frame, symbol }) => {
    const chain = symbol === undefined ? undefined : chains.get(keyOf(symbol, askedOffset(frame)));
    return chain === undefined ? frame : withLine(frame, chain);
  });
}

function keyOf({ section, value }: ElfFunction, offset: number): string {
  return `${section} ${value + offset}`;
}

/** A return address is behind its call, perhaps in the next line: one byte before it is within. */
function askedOffset({ offset, isReturn }: TraceFrame): number {
  return isReturn === true && offset > 0 ? offset - 1 : offset;
}

/** The line of one's own source counts, not that of a header's inline function; all are kept. */
function withLine(frame: TraceFrame, chain: CallChain): TraceFrame {
  const known = chain.filter((call) => call.file !== undefined && call.line !== undefined);
  const own = known.find(({ file = '' }) => !/(?:^|\/)include\//.test(file)) ?? known[0];
  if (own?.file === undefined || own.line === undefined) return frame;
  const inlined = chain.length > 1 ? { inlined: chain } : {};
  return { ...frame, file: own.file, line: own.line, ...inlined };
}

type Asked = readonly { readonly symbol: ElfFunction; readonly offset: number }[];

async function askAddr2line(
  object: ElfObject,
  section: string,
  asked: Asked,
  { env, signal }: LineOptions,
): Promise<CallChain[]> {
  const addresses = asked.map(({ symbol, offset }) => `0x${(symbol.value + offset).toString(16)}`);
  const where = section === '' ? [] : ['-j', section];
  const { stdout } = await execa(
    '/bin/sh',
    bounded('addr2line', '-a', '-f', '-i', '-e', object.path, ...where, ...addresses),
    { ...settings(env, signal), reject: false },
  );
  return parseAddr2line(stdout);
}

/** Reads `addr2line -a -f -i`: per address its number, then a function and a place in turn. Pure. */
export function parseAddr2line(text: string): CallChain[] {
  const chains: InlinedCall[][] = [];
  let name: string | undefined;
  for (const line of text.split('\n')) {
    if (/^0x[\da-f]+$/.test(line)) {
      chains.push([]);
      name = undefined;
    } else if (name === undefined) name = line;
    else {
      chains.at(-1)?.push({ function: name, ...parsePlace(line) });
      name = undefined;
    }
  }
  return chains;
}

/** `/src/x.c:12 (discriminator 2)`, `/src/x.c:?`, `??:0`. */
function parsePlace(text: string): Partial<SourceLine> {
  const match = /^(.+):(\d+)(?: \(discriminator \d+\))?$/.exec(text);
  const [, file = '??', line = '0'] = match ?? [];
  return file === '??' || line === '0' ? {} : { file: shortenPath(file), line: Number(line) };
}

/** gdb tells the line but not what is inlined there. */
async function askGdb(
  object: ElfObject,
  _section: string,
  asked: Asked,
  { env, signal }: LineOptions,
): Promise<CallChain[]> {
  const commands = asked.flatMap(({ symbol, offset }) => [
    '-ex',
    `info line *(${quoteSymbol(symbol.name)}+${offset})`,
  ]);
  const { stdout } = await execa(
    '/bin/sh',
    bounded(
      'gdb',
      '-nx',
      '-batch',
      // An object may name scripts, and places in the network: neither is wanted of it.
      ...['-iex', 'set auto-load off', '-iex', 'set debuginfod enabled off'],
      ...['-ex', 'set width 0', ...commands, object.path],
    ),
    { ...settings(env, signal), reject: false },
  );
  const answers = stdout.split('\n').filter((line) => /^(?:Line|No line)/.test(line));
  return asked.map(({ symbol }, index) => {
    const match = /^Line (\d+) of "(.+?)"/.exec(answers[index] ?? '');
    if (match === null) return [];
    return [{ function: symbol.name, file: shortenPath(match[2] ?? ''), line: Number(match[1]) }];
  });
}

/** gdb reads `name.isra.0` as an expression unless it is quoted. */
function quoteSymbol(name: string): string {
  return `'${name}'`;
}

/** Debian's headers and kernel trees: what stands before the tree's own folders tells nothing. */
function shortenPath(file: string): string {
  const inTree =
    /^.*?\/(?:linux-[\w.+-]+|debian\/build\/[\w.-]+)\/(?:\.\/)*((?:arch|block|crypto|drivers|fs|include|init|io_uring|ipc|kernel|lib|mm|net|security|sound|virt)\/.*)$/.exec(
      file,
    );
  return (inTree?.[1] ?? file).replaceAll('/./', '/').replace(/^\.\//, '');
}

/** A program with bounds of its own: the object that it reads may have been made to exhaust it. */
function bounded(...words: readonly string[]): string[] {
  return ['-c', `ulimit -c 0; ulimit -f 0; ulimit -v ${mostMemoryKiB}; exec "$@"`, 'sh', ...words];
}

function settings(
  env: Readonly<Record<string, string | undefined>>,
  signal: AbortSignal,
): {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly extendEnv: false;
  readonly cancelSignal: AbortSignal;
  readonly timeout: number;
  readonly maxBuffer: number;
  readonly stdin: 'ignore';
} {
  return {
    env: { ...env, LC_ALL: 'C' },
    extendEnv: false,
    cancelSignal: signal,
    timeout: timeoutMs,
    maxBuffer: mostOutputBytes,
    stdin: 'ignore',
  };
}
