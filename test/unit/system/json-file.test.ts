import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { checkJson, readJson, readKnown } from '../../../src/system/json-file.ts';
import { aCount, aText, listOf, maybe, object, oneOf } from '../../../src/text/shape.ts';
import { damagedForms } from '../../support/damaged-forms.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const shape = object({
  schema: oneOf(1),
  name: aText,
  disks: listOf(object({ bytes: aCount })),
  text: maybe(aText),
});
const good = { schema: 1, name: 'x', disks: [{ bytes: 1 }], later: true };

test('what fits is read, with the keys that nobody asked for', async () => {
  using folder = temporaryFolder();
  const file = join(folder.path, 'a.json');
  writeFileSync(file, JSON.stringify(good));
  expect(await readJson(file, shape)).toEqual({ kind: 'read', value: good });
  expect(await readKnown(file, shape)).toEqual(good);
});

test('what is not there is told from what cannot be read', async () => {
  using folder = temporaryFolder();
  const at = (name: string) => join(folder.path, name);
  expect(await readJson(at('none'), shape)).toEqual({ kind: 'absent' });
  expect(await readJson(at('none/none'), shape)).toEqual({ kind: 'absent' });
  symlinkSync('nowhere', at('link'));
  mkdirSync(at('folder'));
  execFileSync('mkfifo', [at('pipe')]);
  for (const [name, why] of [
    ['link', 'it is a link to nothing.'],
    ['folder', 'it is a folder.'],
    ['pipe', 'it is a pipe, and a file is needed.'],
  ] as const) {
    expect(await readJson(at(name), shape), name).toEqual({ kind: 'unreadable', why });
    expect(await readKnown(at(name), shape), name).toBeUndefined();
  }
});

test.each(damagedForms(good, { name: undefined }, { name: 5 }, { disks: [{}] }, { text: null }))(
  'a file that is $what is unreadable, for a reason',
  async ({ text }) => {
    using folder = temporaryFolder();
    const file = join(folder.path, 'a.json');
    writeFileSync(file, text);
    const reading = await readJson(file, shape);
    expect(reading).toMatchObject({ kind: 'unreadable' });
    expect(reading).toHaveProperty('why', expect.stringMatching(/^its? .*\.$/));
    expect(await readKnown(file, shape)).toBeUndefined();
  },
);

test.each([
  ['', 'it is empty.'],
  ['{', 'it is no JSON, or cut short.'],
  ['[]', 'it holds something else.'],
  ['{"schema":9}', 'it is of version 9, which this utopia does not know.'],
  ['{"schema":"1"}', 'its "schema" is missing or something else.'],
  [
    '{"schema":1,"name":"x","disks":[{"bytes":-1}]}',
    'its "disks.0.bytes" is missing or something else.',
  ],
])('%j: %s', (text, why) => {
  expect(checkJson(text, shape)).toEqual({ kind: 'unreadable', why });
});
