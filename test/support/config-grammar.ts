import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';

// Random configuration files: what students write, what bash allows, and what neither should.

const names = ['A', 'B', 'C', '_x', 'QEMU_BUILD_DIR', 'UTOPIA_NAME', 'SHARED_FS_DIR'];
const references = [...names, 'HOME', 'GIVEN', 'EMPTY', 'UNDEFINED', 'PATH'];
const ordinary = Array.from('abcxyzABC019/._-+,@%^=:!*?[]{}#~éΩ🖥');

/** Odd pieces and lines, one a line: ␤ and ␉ stand for newline and tab, ␛00A0; for a character by number. */
function readChoices(name: string): string[] {
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
function textOf(choices: readonly string[], maxLength: number): fc.Arbitrary<string> {
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

const cleanPiece = fc.oneof(
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

const wildPiece = fc.constantFrom(...readChoices('pieces.txt'));

const spaces = fc.constantFrom(' ', ' ', '  ', '\t', ' \\\n', ' \t ');
const indent = fc.constantFrom('', '', '', ' ', '\t', '  ', '\\\n');

function assignmentOf(
  piece: fc.Arbitrary<string>,
  name: fc.Arbitrary<string>,
): fc.Arbitrary<string> {
  return fc
    .tuple(name, fc.constantFrom('=', '=', '=', '=', '+='), fc.array(piece, { maxLength: 4 }))
    .map(([left, sign, pieces]) => left + sign + pieces.join(''));
}

function commandOf(assignment: fc.Arbitrary<string>): fc.Arbitrary<string> {
  const list = (item: fc.Arbitrary<string>): fc.Arbitrary<string> =>
    fc
      .tuple(item, fc.array(fc.tuple(spaces, item), { maxLength: 2 }))
      .map(([first, rest]) => first + rest.map(([blank, next]) => blank + next).join(''));
  return fc.oneof(
    { weight: 4, arbitrary: assignment },
    { weight: 1, arbitrary: list(assignment) },
    {
      weight: 2,
      arbitrary: fc
        .tuple(
          spaces,
          list(fc.oneof(assignment, assignment, assignment, fc.constantFrom(...names))),
        )
        .map(([blank, words]) => `export${blank}${words}`),
    },
  );
}

function lineOf(command: fc.Arbitrary<string>): fc.Arbitrary<string> {
  const comment = textOf([...ordinary, ' ', '"', "'", '`', '$(', '\\', 'Ελληνικά', '“'], 5);
  const commands = fc
    .tuple(
      indent,
      command,
      fc.array(fc.tuple(fc.constantFrom(';', ' ;', '; ', ' ; '), command), { maxLength: 1 }),
    )
    .map(
      ([blank, first, rest]) => blank + first + rest.map(([semi, next]) => semi + next).join(''),
    );
  return fc.oneof(
    { weight: 6, arbitrary: commands },
    { weight: 1, arbitrary: commands.map((text) => `${text};`) },
    {
      weight: 1,
      arbitrary: fc.tuple(commands, comment).map(([text, remark]) => `${text} #${remark}`),
    },
    {
      weight: 1,
      arbitrary: fc.tuple(indent, comment).map(([blank, remark]) => `${blank}#${remark}`),
    },
    { weight: 1, arbitrary: fc.constantFrom('', ' ', '\t', '#') },
  );
}

const wildName = fc.constantFrom(
  ...names,
  'A B',
  '1A',
  'A-B',
  'A.B',
  'A[0]',
  'A[x y]',
  '"A"',
  'UID',
  'PWD',
  'IFS',
  'RANDOM',
  'LC_ALL',
  'HOME',
  'PATH',
  'Ω',
  '$A',
  'A\\\nB',
  '_',
  'BASHOPTS',
  'SECONDS',
);

const wildLine = fc.oneof(
  lineOf(
    commandOf(
      assignmentOf(
        fc.oneof({ weight: 3, arbitrary: cleanPiece }, { weight: 1, arbitrary: wildPiece }),
        wildName,
      ),
    ),
  ),
  fc.constantFrom(...readChoices('lines.txt')),
);

/** Bytes of a random file: mostly one that utopia should accept, sometimes one with anything in it. */
export const configFile: fc.Arbitrary<Uint8Array> = fc
  .tuple(
    fc.oneof(
      {
        weight: 3,
        arbitrary: fc.array(
          lineOf(commandOf(assignmentOf(cleanPiece, fc.constantFrom(...names)))),
          { maxLength: 6 },
        ),
      },
      {
        weight: 1,
        arbitrary: fc.array(
          fc.oneof(
            lineOf(commandOf(assignmentOf(cleanPiece, fc.constantFrom(...names)))),
            wildLine,
          ),
          { maxLength: 4 },
        ),
      },
    ),
    fc.constantFrom('\n', '\n', '\n', '\n', '\n', '\n', '\r\n'),
    fc.constantFrom('\n', '\n', '', ' ', '\\', '\\\n', ';', '\n\n'),
    fc.constantFrom('', '', '', '', '', '', '', '\uFEFF'),
  )
  .map(([lines, newline, end, mark]) => Buffer.from(mark + lines.join(newline) + end, 'utf8'));

/** A known file with a few bytes replaced, removed or repeated. */
export function mutatedFile(corpus: readonly Uint8Array[]): fc.Arbitrary<Uint8Array> {
  const interesting = [...Buffer.from(' \t\n\r\'"\\$`{}~:=#;&|()<>+-A_/!*?[]@0')];
  const edit = fc.record({
    place: fc.nat(10_000),
    remove: fc.nat(3),
    insert: fc.array(
      fc.oneof(
        { weight: 6, arbitrary: fc.constantFrom(...interesting) },
        { weight: 1, arbitrary: fc.nat(255) },
      ),
      { maxLength: 3 },
    ),
  });
  return fc
    .tuple(fc.constantFrom(...corpus), fc.array(edit, { minLength: 1, maxLength: 4 }))
    .map(([file, edits]) =>
      edits.reduce((bytes: Uint8Array, { place, remove, insert }) => {
        const start = bytes.length === 0 ? 0 : place % bytes.length;
        return Buffer.concat([
          bytes.subarray(0, start),
          Buffer.from(insert),
          bytes.subarray(start + remove),
        ]);
      }, file),
    );
}
