import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readElf } from '../../../src/crash/elf.ts';
import { locateLines } from '../../../src/crash/locate-lines.ts';
import { chooseFunction } from '../../../src/crash/match.ts';
import { parseAddr2line } from '../../../src/crash/source-lines.ts';
import type { Crash, TraceFrame } from '../../../src/crash/crash-event.ts';
import { needsOfHost, needsOfTest } from '../../support/requirements.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const source = `#include "inner.h"
int victim;
__attribute__((noinline)) int lab_read(int *where)
{
	return inner(where) + 1;
}
__attribute__((section(".init.text"))) int lab_init(void)
{
	victim = lab_read(&victim);
	return victim;
}
`;
const header = `static inline __attribute__((always_inline)) int inner(int *where)
{
	return *(volatile int *)where;
}
`;

/** A relocatable object, as a .ko is one, in a folder like a share. */
function build(folder: string): { object: string; frames: TraceFrame[] } {
  mkdirSync(join(folder, 'src/include'), { recursive: true });
  writeFileSync(join(folder, 'src/lab.c'), source);
  writeFileSync(join(folder, 'src/include/inner.h'), header);
  const object = join(folder, 'src/lab-tng.ko');
  execFileSync('gcc', ['-g', '-O2', '-Iinclude', '-c', 'lab.c', '-o', object], {
    cwd: join(folder, 'src'),
  });
  const sizes = new Map(
    execFileSync('nm', ['-S', object], { encoding: 'utf8' })
      .split('\n')
      .map((line) => line.split(' '))
      .map(([, size = '0', , name = '']) => [name, Number.parseInt(size, 16)]),
  );
  const frame = (name: string, offset: number): TraceFrame => ({
    function: name,
    offset,
    size: sizes.get(name) ?? -1,
    module: 'lab_tng',
  });
  return { object, frames: [frame('lab_read', 0), { ...frame('lab_init', 14), isReturn: true }] };
}

function crashWith(trace: readonly TraceFrame[]): Crash {
  const [first] = trace;
  return {
    ...{ number: 1, boot: 1, kind: 'null-dereference', message: '', ownModules: [], text: '' },
    function: first?.function ?? '',
    offset: first?.offset ?? 0,
    trace,
  };
}

function placesIn(folder: string) {
  return { vmlinux: undefined, folders: [folder], debugRoot: join(folder, 'none') };
}

describe('lines of a module', () => {
  needsOfHost('compiler');
  const options = { signal: AbortSignal.timeout(60_000), env: process.env };
  test('the own line, not the header’s; sections told apart; a return address is its call', async () => {
    using folder = temporaryFolder();
    const { frames } = build(folder.path);
    const { crashes, notFound } = await locateLines(
      [crashWith(frames)],
      placesIn(folder.path),
      options,
    );
    expect(notFound).toEqual([]);
    expect(crashes[0]).toMatchObject({ line: 5 });
    expect(crashes[0]?.file).toMatch(/lab\.c$/);
    expect(crashes[0]?.trace[0]?.inlined).toMatchObject([
      { function: 'inner', line: 3 },
      { function: 'lab_read', line: 5 },
    ]);
    expect(crashes[0]?.trace[1]).toMatchObject({ line: 9 });
  });

  test('another build is refused and named', async () => {
    using folder = temporaryFolder();
    const { object, frames } = build(folder.path);
    const other = frames.map((frame) => ({ ...frame, size: frame.size + 4096 }));
    const found = await locateLines([crashWith(other)], placesIn(folder.path), options);
    expect(found.otherBuilds).toEqual([object]);
    expect(found.crashes[0]?.line).toBeUndefined();
  });

  test('gdb where addr2line is missing, and neither', async (context) => {
    needsOfTest(context, 'gdb');
    using folder = temporaryFolder();
    const { frames } = build(folder.path);
    const bin = join(folder.path, 'bin');
    mkdirSync(bin);
    const crashes = [crashWith(frames)];
    const without = { ...options, env: { PATH: bin } };
    const none = await locateLines(crashes, placesIn(folder.path), without);
    expect(none).toMatchObject({ programMissing: true, crashes });
    const gdb = (process.env['PATH'] ?? '')
      .split(delimiter)
      .map((each) => join(each, 'gdb'))
      .find((each) => existsSync(each));
    symlinkSync(gdb ?? '', join(bin, 'gdb'));
    const found = await locateLines(crashes, placesIn(folder.path), without);
    expect(found.crashes[0]?.trace[1]).toMatchObject({ line: 9 });
  });

  test('an object that is cut short is none', async () => {
    using folder = temporaryFolder();
    const { object } = build(folder.path);
    const cut = join(folder.path, 'cut.ko');
    execFileSync('head', ['-c', '300', object], { stdio: ['ignore', 'pipe', 'ignore'] });
    writeFileSync(cut, execFileSync('head', ['-c', '300', object]));
    expect(await readElf(cut)).toBeUndefined();
    expect(await readElf(join(folder.path, 'src/lab.c'))).toBeUndefined();
    expect((await readElf(object))?.hasLines).toBe(true);
  });
});

function objectWith(size: number, distance: number | undefined) {
  return { functions: () => [{ name: 'f', section: '.text', value: 0, size, distance }] };
}

describe('sizes', () => {
  test.each<[number, number | undefined, number, boolean]>([
    [0x25, 0x30, 0x30, true],
    [0x25, 0x30, 0x25, true],
    [0x25, 0x40, 0x30, true],
    [0x25, undefined, 0xffb, true],
    [0x25, 0x30, 0x31, false],
    [0x25, 0x30, 0x10, false],
    [0x25, 0x30, -1, true],
  ])('size %i, next at %s, printed %i: %s', (size, distance, printed, fits) => {
    const place = { function: 'f', offset: 0, size: printed };
    expect(chooseFunction(objectWith(size, distance), place) !== undefined).toBe(fits);
  });
});

test('addr2line’s output: inlined calls, unknown places, discriminators', () => {
  const text = [
    ...[
      '0x0000000000000005',
      'inner',
      '/x/include/inner.h:3',
      'lab_read',
      '/x/lab.c:5 (discriminator 2)',
    ],
    ...['0x0000000000000009', 'f', '??:0'],
    ...[
      '0x000000000000000a',
      'g',
      '/usr/src/linux-headers-6.1.0-56-common/include/linux/list.h:88',
      '',
    ],
  ].join('\n');
  expect(parseAddr2line(text)).toEqual([
    [
      { function: 'inner', file: '/x/include/inner.h', line: 3 },
      { function: 'lab_read', file: '/x/lab.c', line: 5 },
    ],
    [{ function: 'f' }],
    [{ function: 'g', file: 'include/linux/list.h', line: 88 }],
  ]);
});
