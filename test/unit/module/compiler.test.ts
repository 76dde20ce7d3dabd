import { expect, test } from 'vitest';
import { compilerNames, readKernelCompiler, readMajor } from '../../../src/module/compiler.ts';

test.each([
  ['CONFIG_CC_IS_GCC=y\nCONFIG_GCC_VERSION=120200\nCONFIG_CLANG_VERSION=0\n', 'gcc', 12],
  ['CONFIG_GCC_VERSION=0\nCONFIG_CC_IS_CLANG=y\nCONFIG_CLANG_VERSION=160006\n', 'clang', 16],
])('the compiler of %j', (config, kind, major) => {
  expect(readKernelCompiler(config)).toEqual({ kind, major, name: undefined });
});

test('a configuration of before 5.8 names none', () => {
  expect(readKernelCompiler('CONFIG_GCC_VERSION=\n')).toBeUndefined();
});

test('gcc is looked for by its version first', () => {
  expect(compilerNames({ kind: 'gcc', major: 12, name: undefined })).toEqual([
    ...['gcc-12', 'x86_64-linux-gnu-gcc-12', 'gcc'],
  ]);
});

test.each([
  ['CONFIG_CC_VERSION_TEXT="gcc (Debian 12.2.0-14) 12.2.0"', 'gcc'],
  ['CONFIG_CC_VERSION_TEXT=gcc-12 (Debian 12.2.0-14) 12.2.0', 'gcc-12'],
])('the name of %j is looked for first', (line, name) => {
  const compiler = readKernelCompiler(`${line}\nCONFIG_GCC_VERSION=120200\n`);
  expect(compiler?.name).toBe(name);
  if (compiler !== undefined) expect(compilerNames(compiler)[0]).toBe(name);
});

test.each([
  ['12\n', 12],
  ['16.0.6\n', 16],
  ['gcc: error: no input files', undefined],
])('%j is version %s', (text, major) => {
  expect(readMajor(text)).toBe(major);
});
