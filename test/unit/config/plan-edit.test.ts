import { chmodSync, lstatSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadConfig } from '../../../src/config/load-config.ts';
import { editBytes, openSettings, type SettingPlan } from '../../../src/config/plan-edit.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

async function setIn(folder: string, key: 'QEMU_BUILD_DIR', value: string): Promise<SettingPlan> {
  const place = { cwd: folder, file: undefined, env: {} };
  const report = await loadConfig({ ...place, home: folder });
  const settings = await openSettings(place, report, folder);
  const plan = settings.plan(key, value);
  if (plan.kind !== 'refused') await settings.apply(plan);
  return plan;
}

test.each<[string, string | undefined, string, string]>([
  ['no file', undefined, '/opt/q', 'QEMU_BUILD_DIR=/opt/q\n'],
  ['an empty file', '', '/opt/q', 'QEMU_BUILD_DIR=/opt/q\n'],
  ['a file with other keys', 'UTOPIA_CPUS=2\n', '/opt/q', 'UTOPIA_CPUS=2\nQEMU_BUILD_DIR=/opt/q\n'],
  ['no end of line', 'UTOPIA_CPUS=2', '/opt/q', 'UTOPIA_CPUS=2\nQEMU_BUILD_DIR=/opt/q\n'],
  [
    'the sample',
    '# QEMU_BUILD_DIR=/x\n# end\n',
    '/opt/q',
    '# QEMU_BUILD_DIR=/x\nQEMU_BUILD_DIR=/opt/q\n# end\n',
  ],
  ['a value', 'QEMU_BUILD_DIR=/x # mine\n', '/opt/q', 'QEMU_BUILD_DIR=/opt/q # mine\n'],
  ['a value in quotes', 'QEMU_BUILD_DIR="/x y"\n', '/opt/q', 'QEMU_BUILD_DIR="/opt/q"\n'],
  [
    'a value that needs quotes',
    'UTOPIA_CPUS=2\n',
    '/opt/q r',
    "UTOPIA_CPUS=2\nQEMU_BUILD_DIR='/opt/q r'\n",
  ],
  ['a bare value before one that does', 'QEMU_BUILD_DIR=/x\n', '/q r', "QEMU_BUILD_DIR='/q r'\n"],
  [
    'a file of Windows',
    '\uFEFFUTOPIA_CPUS=2\r\nQEMU_BUILD_DIR=/x\r\n',
    '/q',
    '\uFEFFUTOPIA_CPUS=2\r\nQEMU_BUILD_DIR=/q\r\n',
  ],
])('%s', async (_what, before, value, after) => {
  using folder = temporaryFolder();
  const file = join(folder.path, 'utopia.config');
  if (before !== undefined) writeFileSync(file, before);
  expect(await setIn(folder.path, 'QEMU_BUILD_DIR', value)).not.toMatchObject({ kind: 'refused' });
  expect(readFileSync(file, 'utf8')).toBe(after);
});

test('bytes that are no UTF-8, permissions and a link stay', async () => {
  using folder = temporaryFolder();
  const [file, real] = ['utopia.config', 'real'].map((name) => join(folder.path, name));
  if (file === undefined || real === undefined) throw new Error('no folder');
  const greek = Buffer.from([0x23, 0xe5, 0xf1, 0xe3, 0x0a]);
  writeFileSync(real, Buffer.concat([greek, Buffer.from('QEMU_BUILD_DIR=/x\n')]));
  chmodSync(real, 0o640);
  symlinkSync('real', file);
  await setIn(folder.path, 'QEMU_BUILD_DIR', '/opt/q');
  expect(readFileSync(real)).toEqual(
    Buffer.concat([greek, Buffer.from('QEMU_BUILD_DIR=/opt/q\n')]),
  );
  expect(statSync(real).mode & 0o777).toBe(0o640);
  expect(lstatSync(file).isSymbolicLink()).toBe(true);
});

test('what is set elsewhere, or in a way of its own, is refused', async () => {
  using folder = temporaryFolder();
  writeFileSync(join(folder.path, 'utopia.config'), 'D=/x; QEMU_BUILD_DIR=$D/y\n');
  expect(await setIn(folder.path, 'QEMU_BUILD_DIR', "/it's")).toMatchObject({ kind: 'refused' });
  expect(readFileSync(join(folder.path, 'utopia.config'), 'utf8')).toContain('$D/y');
  writeFileSync(join(folder.path, 'utopia.config'), 'UTOPIA_CPUS=2\n');
  writeFileSync(join(folder.path, '.env'), 'QEMU_BUILD_DIR=/x\n');
  expect(await setIn(folder.path, 'QEMU_BUILD_DIR', '/q')).toEqual({
    kind: 'refused',
    why: expect.stringContaining('.env:1 sets QEMU_BUILD_DIR') as string,
  });
});

test('a line in the middle, and behind the last one', () => {
  const bytes = Buffer.from('a\nb\nc\n');
  const insert = (line: number): string =>
    editBytes(bytes, { kind: 'insert', line, to: 'x' }).toString();
  expect([0, 1, 3].map(insert)).toEqual(['x\na\nb\nc\n', 'a\nx\nb\nc\n', 'a\nb\nc\nx\n']);
});
