import { readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { expect, test } from 'vitest';

/**
 * Folders whose files are named by what they are about, since the folder says what they do with it:
 * the flags, the work and the text of one command; the facts, the check and the explanation of one
 * matter of the host.
 */
const byTopic: readonly string[] = [
  ...['cli', 'commands', 'ui'],
  ...['facts', 'checks', 'explain', 'gather', 'remedies'].map((each) => `host/${each}`),
];

const src = join(import.meta.dirname, '../../src');
const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((file) =>
  file.endsWith('.ts'),
);

test('a file’s name says what is special about it: no other file has it', () => {
  const places = new Map<string, string[]>();
  for (const file of files.filter((each) => !byTopic.includes(dirname(each)))) {
    const name = basename(file);
    places.set(name, [...(places.get(name) ?? []), file]);
  }
  expect([...places.values()].filter((each) => each.length > 1)).toEqual([]);
});

test('no file is named by its kind alone', () => {
  const empty = /^(?:types|utils?|helpers?|common|misc|index|constants)\.ts$/;
  expect(files.filter((file) => empty.test(basename(file)))).toEqual([]);
});
