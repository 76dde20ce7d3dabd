import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { makeLab } from '../support/lab.ts';
import { needsOfHost } from '../support/requirements.ts';

// Records beside a machine's disk that are damaged, or of a newer version. QEMU is a stand-in.
needsOfHost('qemu');

test('a suspended memory whose record cannot be read is kept until --cold', async () => {
  await using lab = await makeLab({ scenario: {} });
  expect((await lab.run('up', '--detach')).status).toBe(0);
  expect((await lab.run('down')).status).toBe(0);
  const state = join(lab.folder, 'private.qcow2.vmstate');
  for (const record of ['null', '{"schema":9}', '{"schema":1,"sta']) {
    writeFileSync(state, 'the memory');
    writeFileSync(`${state}.json`, record);
    const up = await lab.run('up', '--detach');
    expect(up.status, up.stderr).toBe(69);
    expect(up.stderr).toContain('utopia up --cold');
    expect(readFileSync(state, 'utf8')).toBe('the memory');
    expect(readFileSync(`${state}.json`, 'utf8')).toBe(record);
  }
  expect(await lab.run('up', '--detach', '--cold')).toMatchObject({ status: 0 });
  expect(existsSync(state)).toBe(false);
  expect((await lab.run('down')).status).toBe(0);
});

test('a snapshot whose note is damaged is a snapshot as ever; a newer one is refused by all', async () => {
  await using lab = await makeLab({ scenario: {} });
  expect((await lab.run('up', '--detach')).status).toBe(0);
  expect((await lab.run('down')).status).toBe(0);
  expect((await lab.run('snapshot', 'save', 'one')).status).toBe(0);
  const note = join(lab.folder, 'private.qcow2.snapshots/one/snapshot.json');
  for (const text of ['null', '', '[]', '{"schema":1,"savedAt":"x"}', '{"schema":1,"sav']) {
    writeFileSync(note, text);
    const list = await lab.run('snapshot', 'list');
    expect(list.stdout).toMatch(/^one /m);
    expect(list.stdout).not.toContain('NaN');
  }
  expect(await lab.run('snapshot', 'restore', 'one')).toMatchObject({ status: 0 });

  writeFileSync(note, '{"schema":9}');
  for (const args of [['save'], ['save', '--replace'], ['restore'], ['remove', '--yes']]) {
    const refused = await lab.run('snapshot', ...args, 'one');
    expect(refused, args.join(' ')).toMatchObject({ status: 73 });
    expect(refused.stderr).not.toContain('--replace one');
  }
  expect(readFileSync(note, 'utf8')).toBe('{"schema":9}');
});
