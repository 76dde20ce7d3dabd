import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { expect, test } from 'vitest';

/** Words that are private to this project, or metaphors, each with what stands in its place. */
const replaced: readonly (readonly [RegExp, string])[] = [
  [/\bst(?:ands?|ood) still\b/, 'paused, stopped, waits'],
  [/\bgo(?:es)? on where\b|\blets? it go on\b/, 'resumes'],
  [/\bladder\b|\brungs?\b/, 'escalates, step'],
  [/\bleash\b/, 'ends with its parent'],
  [/\bpatience\b/, 'time limit'],
  [/\bknock(?:s|ing|ed)?\b/, 'asks for the banner'],
  [/\bputs? aside\b/, 'set aside'],
  [/\bof so many\b|\bfor so long\b|\bso anyway\b/, 'the number itself'],
  [/\bno word of\b/, 'no message'],
  [/\bwritten down\b/, 'recorded'],
  [/\b(?:object|line|file|copy) a (?:line|file|copy|run|start)\b/, 'one per'],
];

const root = join(import.meta.dirname, '../..');

function listFiles(folder: string, ending: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith(ending))
    .map((name) => join(root, folder, name));
}

/** Lines that a user can meet: of a source file its strings, which stand on lines that are no comments. */
function readLines(file: string): string[] {
  const text = readFileSync(file, 'utf8');
  const shown = file.endsWith('.ts')
    ? text
        .replaceAll(/\/\*[^]*?\*\//g, (comment) => comment.replaceAll(/[^\n]/g, ''))
        .replaceAll(/^\s*\/\/.*$|\s\/\/ .*$|^import .*$/gm, '')
    : text;
  return shown.split('\n');
}

/** What was decided and measured before keeps its words; so do files of the guest, whose text makes another image. */
const leftAlone = /^(?:docs\/(?:decisions|benchmarks(?:-history)?)\.md|src\/image\/debian\/)/;

test('no string of the program, and no page, has a private word', () => {
  const files = [join(root, 'README.md'), ...listFiles('docs', '.md'), ...listFiles('src', '.ts')];
  const found = files
    .filter((file) => !leftAlone.test(relative(root, file)))
    .flatMap((file) =>
      readLines(file).flatMap((line, index) =>
        replaced
          .filter(([word]) => word.test(line))
          .map(([word, instead]) => {
            const [words] = word.exec(line) ?? [];
            return `${relative(root, file)}:${index + 1}: "${words}"; say: ${instead}`;
          }),
      ),
    );
  expect(found).toEqual([]);
});
