import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { explainDrop, findDropped } from '../../../src/kernel/dropped.ts';
import { parseKconfig, type KconfigEntry } from '../../../src/kernel/kconfig.ts';
import { readKconfigEntries } from '../../../src/kernel/read-kconfig.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const text = `
menu "Drivers"
	depends on PCI

config FIRST
	tristate "First driver"
	depends on NET && \\
		!EMBEDDED
	select OTHER
	help
	  depends on nothing that stands here
	  config NEITHER

if BLOCK
menuconfig SECOND
	bool "Second" if EXPERT
	default y
source "drivers/more/Kconfig"
endif

config HIDDEN
	def_bool y
	prompt_not "x"
endmenu
config LAST
	bool
	prompt "Last"
`;

test('options with what they depend on, where they are, and what is sourced', () => {
  const { entries, sources } = parseKconfig(text);
  expect(entries.map(({ option }) => option)).toEqual(['FIRST', 'SECOND', 'HIDDEN', 'LAST']);
  expect(entries[0]).toEqual({
    option: 'FIRST',
    prompt: 'First driver',
    promptIf: undefined,
    depends: ['PCI', 'NET &&  \t\t!EMBEDDED'],
    menu: ['Drivers', 'First driver'],
    isBool: false,
  });
  expect(entries.map(({ isBool }) => isBool)).toEqual([false, true, true, true]);
  expect(entries[1]).toMatchObject({
    prompt: 'Second',
    promptIf: 'EXPERT',
    depends: ['PCI', 'BLOCK'],
  });
  expect(entries[2]).toMatchObject({ prompt: undefined, depends: ['PCI'] });
  expect(entries[3]).toMatchObject({ prompt: 'Last', depends: [], menu: ['Last'] });
  expect(sources).toEqual([
    { path: 'drivers/more/Kconfig', depends: ['PCI', 'BLOCK'], menu: ['Drivers'] },
  ]);
});

const { signal } = new AbortController();

function entry(
  option: string,
  depends: readonly string[],
  prompt: string | undefined = 'x',
): KconfigEntry {
  return { option, depends, prompt, promptIf: undefined, menu: [], isBool: false };
}

test('files are followed from the top, for x86, and never out of the tree', async () => {
  using folder = temporaryFolder();
  const files = {
    Kconfig:
      'source "arch/$(SRCARCH)/Kconfig"\nsource "../outside"\nsource "/etc/passwd"\nsource "gone"\nsource "Kconfig"\n',
    'arch/x86/Kconfig': 'if NET\nconfig A\n\tbool "A"\nendif\nconfig B\n\tbool\n',
  };
  for (const [path, contents] of Object.entries(files)) {
    mkdirSync(dirname(join(folder.path, path)), { recursive: true });
    writeFileSync(join(folder.path, path), contents);
  }
  const found = await readKconfigEntries(folder.path, new Set(['A', 'C']), signal);
  expect([...found.keys()]).toEqual(['A']);
  expect(found.get('A')?.[0]).toMatchObject({ depends: ['NET'] });
});

test('what came out otherwise, with the reason', () => {
  const wanted = new Map([
    ['GIVEN', 'y'],
    ['MORE', 'm'],
    ['KCSAN', 'y'],
    ['GONE', 'y'],
    ['CHOSEN', 'y'],
    ['CLEARED', 'n'],
    ['WHOLE', 'm'],
    ['NUMBER', '0x10'],
    ['ASKED', 'y'],
    ['PART', 'y'],
  ]);
  const config = {
    options: new Map([
      ...['GIVEN', 'MORE', 'KASAN', 'DEBUG_KERNEL', 'CLEARED'].map((each) => [each, 'y'] as const),
      ['NUMBER', '16'],
      ['PART', 'm'],
      ['NET', 'm'],
    ]),
  };
  const entries = new Map([
    ['KCSAN', [entry('KCSAN', ['DEBUG_KERNEL && !KASAN'])]],
    ['CHOSEN', [{ ...entry('CHOSEN', []), prompt: undefined }]],
    ['CLEARED', [entry('CLEARED', [])]],
    ['WHOLE', [{ ...entry('WHOLE', []), isBool: true }]],
    ['ASKED', [entry('ASKED', ['$(cc-option,-x)'])]],
    ['PART', [entry('PART', ['NET']), entry('PART', ['GONE', 'NET'])]],
  ]);
  const dropped = findDropped(wanted, config);
  const reasons = dropped.map((each) => [
    each.option,
    explainDrop(each, entries.get(each.option), config),
  ]);
  expect(reasons).toEqual([
    ['KCSAN', { kind: 'needs', parts: ['!KASAN'] }],
    ['GONE', { kind: 'unknown' }],
    ['CHOSEN', { kind: 'selected' }],
    ['CLEARED', { kind: 'other' }],
    ['WHOLE', { kind: 'bool' }],
    ['ASKED', { kind: 'host', asked: ['$(cc-option,-x)'] }],
    ['PART', { kind: 'needs', parts: ['NET'] }],
  ]);
});
