import { expect, test } from 'vitest';
import { buildNeeds, estimateBuildBytes } from '../../../src/kernel/build-needs.ts';
import { adviseBuild } from '../../../src/kernel/build-advice.ts';

const plain = { llvm: false, ccache: false, modules: false };

function names(options: Readonly<Record<string, string>>, manner = plain): string[] {
  const config = { options: new Map(Object.entries(options)) };
  return buildNeeds(config, manner).map(({ name }) => name);
}

test('every kernel needs a compiler and the programs that write its sources', () => {
  expect(names({})).toEqual([
    ...['make', 'gcc', 'ld', "the C library's headers", 'flex', 'bison', 'bc'],
  ]);
  expect(names({}, { llvm: true, ccache: true, modules: true })).toEqual([
    ...['make', 'clang', 'ld.lld', 'llvm-ar', "the C library's headers", 'flex', 'bison', 'bc'],
    ...['ccache', 'depmod', 'mke2fs'],
  ]);
});

test.each([
  ['OBJTOOL', 'the headers of libelf'],
  ['MODULE_SIG', 'the headers of OpenSSL'],
  ['DEBUG_INFO_BTF', 'pahole'],
  ['KERNEL_LZO', 'lzop'],
  ['RUST', 'bindgen'],
  ['IKHEADERS', 'cpio'],
])('CONFIG_%s asks for %s', (option, name) => {
  expect(names({ [option]: 'y' })).toContain(name);
  expect(names({ [option]: 'm' })).not.toContain(name);
});

test('a header is looked for once, whoever asks', () => {
  const found = names({ OBJTOOL: 'y', UNWINDER_ORC: 'y', DEBUG_INFO_BTF: 'y' });
  expect(found.filter((name) => name === 'the headers of libelf')).toHaveLength(1);
});

/** A config with so many options built in and so many as modules. */
function roomFor(builtIn: number, modules: number, more: readonly string[] = []): number {
  const options = new Map(more.map((name) => [name, 'y']));
  for (let at = 0; at < builtIn; at += 1) options.set(`Y${at}`, 'y');
  for (let at = 0; at < modules; at += 1) options.set(`M${at}`, 'm');
  return estimateBuildBytes({ options });
}

test('the room is of the right order', () => {
  expect(roomFor(250, 0)).toBeLessThan(100e6);
  expect(roomFor(2700, 4000)).toBeGreaterThan(2e9);
  expect(roomFor(2700, 4000, ['DEBUG_INFO'])).toBeGreaterThan(10e9);
  expect(roomFor(2700, 4000, ['DEBUG_INFO'])).toBeLessThan(30e9);
});

function advise(message: string): string | undefined {
  const summary = { errors: [{ file: null, line: null, message }], lastLines: [] };
  return adviseBuild(summary, 'utopia kernel config /src');
}

test('a failure that is none of the code’s has a next step', () => {
  expect(advise("No rule to make target 'debian/certs/a.pem', needed by 'x'.")).toContain(
    'utopia kernel config /src --set SYSTEM_TRUSTED_KEYS',
  );
  expect(advise('Killed signal terminated program cc1')).toContain('-j 1');
  expect(advise("'x' undeclared")).toBeUndefined();
});
