import { parse } from 'dotenv';
import { array, assert, asyncProperty, constantFrom } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readAssignments } from '../../../src/config/dotenv/assignments.ts';

/** Pieces of which a .env is made, and of which one can be made that is hard to read. */
const pieces = [
  ...['A', 'B', 'UTOPIA_CPUS', 'export', 'export ', 'export\n', 'A.1', '7', '-', '.', 'x'],
  ...['=', ' = ', ': ', ':', '=\n', '"', "'", '`', '\\', '\\"', "\\'", '\\n', '#', ' #', '$A', '~'],
  ...['\n', '\n\n', ' ', '\t', '\u00A0', '\u2028', '\uFEFF', '\u000B', 'é', '\uFFFD', '0', '.0'],
  ...['A=1\n', 'B="', "UTOPIA_CPUS='", '"\n', "'\n", 'UTOPIA_CPUS=4 # mine\n', 'A=\n'],
];
const texts = array(constantFrom(...pieces), { maxLength: 40 }).map((all) => all.join(''));

const all = (): true => true;

describe('assignments and their lines', () => {
  test('are dotenv’s, whatever is in the file', async () => {
    await assert(
      asyncProperty(texts, async (text) => {
        const found = await readAssignments(text, all);
        const values = Object.fromEntries([...found].map(([name, { value }]) => [name, value]));
        expect(values).toEqual({ ...parse(text) });
      }),
      { numRuns: 20_000, seed: 17 },
    );
  });

  test('stand on the line whose name dotenv takes: another name there takes the value along', async () => {
    await assert(
      asyncProperty(texts, async (text) => {
        for (const [name, { value, line }] of await readAssignments(text, all)) {
          const lines = text.split('\n');
          const before = `${lines.slice(0, line - 1).join('\n')}${line > 1 ? '\n' : ''}`;
          // The last one on this line: U+2028 starts a line to dotenv, not to an editor.
          const at = before.length + (lines[line - 1] ?? '').lastIndexOf(name);
          expect(at).toBeGreaterThanOrEqual(before.length);
          const places = [...(lines[line - 1] ?? '').matchAll(new RegExp(escape(name), 'g'))];
          const renamed = places.map(({ index }) => {
            const start = before.length + index;
            return parse(`${text.slice(0, start)}Z_Z_Z${text.slice(start + name.length)}`);
          });
          expect(renamed.map(({ Z_Z_Z }) => Z_Z_Z)).toContain(value);
        }
      }),
      { numRuns: 5000, seed: 18 },
    );
  });

  test.each([
    ['A=1', 1],
    ['\n\n  A = 1 # one', 3],
    ['A=1\nA=2\n#A=3\nB="\nA=4\n"', 2],
    ['export\n\nA=1', 3],
    ['A\n=\n1', 1],
    ['A="one\ntwo"\nB=1\nA=\'three\nfour\'', 4],
    ['B=`\nA=1\n`\nA: 2', 4],
    ['\uFEFFA=1', 1],
    ['export A=1\nexport export A=2', 1],
  ])('%j has A on line %i', async (text, line) => {
    expect((await readAssignments(text, (name) => name === 'A')).get('A')).toMatchObject({ line });
  });
});

function escape(name: string): string {
  return name.replaceAll(/[.-]/g, String.raw`\$&`);
}
