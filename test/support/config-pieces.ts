import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';

// Pieces of random values: what students write, what bash allows, and what neither should.

/** Names that generated files assign. */
export const names = ['A', 'B', 'C', '_x', 'QEMU_BUILD_DIR', 'UTOPIA_NAME', 'SHARED_FS_DIR'];
const references = [...names, 'HOME', 'GIVEN', 'EMPTY', 'UNDEFINED', 'PATH'];
/** Characters that need no quoting in a value. */
export const ordinary = Array.from('abcxyzABC019/._-+,@%^=:!*?[]{}#~éΩ🖥');

/** Odd pieces and lines, one a line: ␤ and ␉ stand for newline and tab, ␛00A0; for a character by number. */
export function readChoices(name: string): string[] {
  return readFileSync(join(import.meta.dirname, '../../fixtures/configs/odd', name), 'utf8')
    .split('\n')
    .slice(0, -1)
    .map((line) =>
      line
        .replaceAll('␤', '\n')
        .replaceAll('␉', '\t')
        .replaceAll(/␛([0-9A-F]{4});/g, (_, hex: string) =>
          String.fromCharCode(Number(`0x${hex}`)),
        ),
    );
}

/** Text made of some of `choices`. */
export function textOf(choices: readonly string[], maxLength: number): fc.Arbitrary<string> {
  return fc.array(fc.constantFrom(...choices), { maxLength }).map((parts) => parts.join(''));
}

const bare = textOf(ordinary, 6);
const singleQuoted = textOf(
  [...ordinary, ' ', '\t', '\n', '$A', '"', '\\', '`', ';', '&', '(', '\\\n'],
  6,
).map((text) => `'${text}'`);
const tilde = fc.constantFrom('~', '~/', '~/opt', ':~/x', ':~', ':', '~:', '=~/', '/~', '::~/');
const escaped = fc
  .constantFrom(
    ...ordinary,
    ' ',
    '\t',
    '$',
    '"',
    "'",
    '\\',
    '`',
    ';',
    '&',
    '|',
    '<',
    '>',
    '(',
    ')',
    '\n',
  )
  .map((character) => `\\${character}`);
const plainReference = fc
  .tuple(fc.constantFrom(...references), fc.boolean())
  .map(([name, braces]) => (braces ? `\${${name}}` : `$${name}`));
const lonelyDollar = fc.constantFrom(
  '$',
  '$/',
  '$.',
  '$=',
  '$:',
  '$,',
  '$%',
  '$~',
  '$}',
  '$]',
  '$\\x',
  '$\\\n',
);

function braced(word: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc
    .tuple(fc.constantFrom(...references), fc.constantFrom(':-', '-', ':+', '+'), word)
    .map(([name, operator, text]) => `\${${name}${operator}${text}}`);
}

const quotedDefault = fc
  .array(
    fc.oneof(textOf([...ordinary.filter((c) => !'{}~'.includes(c)), ' '], 4), plainReference),
    { maxLength: 3 },
  )
  .map((parts) => parts.join(''));

const doubleQuoted = fc
  .array(
    fc.oneof(
      {
        weight: 5,
        arbitrary: textOf([...ordinary, ' ', '\t', "'", '\n', ';', '&', '|', '(', '<'], 5),
      },
      {
        weight: 2,
        arbitrary: fc.constantFrom(
          '\\$',
          '\\"',
          '\\\\',
          '\\`',
          '\\\n',
          '\\n',
          '\\x',
          "\\'",
          '\\ ',
          '\\!',
        ),
      },
      { weight: 2, arbitrary: plainReference },
      { weight: 1, arbitrary: braced(fc.oneof(quotedDefault, braced(quotedDefault))) },
      { weight: 1, arbitrary: lonelyDollar.filter((text) => !text.endsWith('\\x')) },
    ),
    { maxLength: 4 },
  )
  .map((parts) => `"${parts.join('')}"`);

const bareDefault: fc.Arbitrary<string> = fc
  .tuple(
    fc.constantFrom('', '', '', '~/', '~/x', '#', '='),
    fc.array(
      fc.oneof(
        textOf([...ordinary.filter((c) => !'{}~'.includes(c)), ' ', '  '], 4),
        singleQuoted,
        doubleQuoted,
        escaped,
        plainReference,
      ),
      { maxLength: 3 },
    ),
  )
  .map(([start, parts]) => start + parts.join(''));

/** A piece of a value that utopia should read. */
export const cleanPiece = fc.oneof(
  { weight: 8, arbitrary: bare },
  { weight: 3, arbitrary: singleQuoted },
  { weight: 4, arbitrary: doubleQuoted },
  { weight: 3, arbitrary: tilde },
  { weight: 2, arbitrary: escaped },
  { weight: 4, arbitrary: plainReference },
  { weight: 2, arbitrary: braced(fc.oneof(bareDefault, braced(bareDefault))) },
  { weight: 1, arbitrary: fc.constant('\\\n') },
  { weight: 1, arbitrary: lonelyDollar },
);

/** A piece that it should mostly refuse. */
export const wildPiece = fc.constantFrom(...readChoices('pieces.txt'));
