import { expect, test } from 'vitest';
import { readImports } from '../support/imports.ts';

/**
 * Modules that take 1 to 7 ms to load and that only some runs of a command call: whoever calls them
 * loads them then, by import().
 */
const loadedWhenCalled: ReadonlySet<string> = new Set(['execa', 'node:zlib']);

const imports = readImports().filter(({ as }) => as === 'value');

test.each(['main.ts', 'program.ts', 'commands/doctor.ts', 'commands/up.ts', 'commands/status.ts'])(
  '%s loads neither execa nor zlib before it has work for them',
  (entry) => {
    expect(pathsFrom(entry, loadedWhenCalled)).toEqual([]);
  },
);

test('a value import of execa is found behind the files between', () => {
  expect(pathsFrom('commands/image-build.ts', loadedWhenCalled)).not.toEqual([]);
});

/** From `entry` to each of the `unwanted` that is loaded with it: the shortest chain of files. */
function pathsFrom(entry: string, unwanted: ReadonlySet<string>): string[] {
  const chains = new Map([[entry, entry]]);
  // A map also visits what is added while it is walked.
  for (const [file, chain] of chains) {
    for (const { from, to } of imports) {
      if (from === file && !chains.has(to)) chains.set(to, `${chain} → ${to}`);
    }
  }
  return [...chains].filter(([file]) => unwanted.has(file)).map(([, chain]) => chain);
}
