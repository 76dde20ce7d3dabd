import * as fc from 'fast-check';
import { cleanPiece, names, ordinary, readChoices, textOf, wildPiece } from './config-pieces.ts';

// Random configuration files made of those pieces, and random edits of known files.

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
