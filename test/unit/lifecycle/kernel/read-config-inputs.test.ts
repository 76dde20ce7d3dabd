import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import {
  readConfigBase,
  readFragmentFile,
} from '../../../../src/lifecycle/kernel/read-config-inputs.ts';
import { plainContext } from '../../../support/lifecycle-context.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

const options = { json: false, quiet: false, verbose: false };
const unsuitable = { code: 'kernel-unsuitable' };

/** A .config whose head names this architecture and version. */
function head(name: string): string {
  return `# Linux/${name} Kernel Configuration\nCONFIG_A=y\n`;
}

test('a fragment of the user sets an option, or is refused', async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, 'mine');
  await expect(readFragmentFile(path)).rejects.toMatchObject(unsuitable);
  writeFileSync(path, 'KASAN=y\n');
  await expect(readFragmentFile(path)).rejects.toMatchObject(unsuitable);
  writeFileSync(path, 'CONFIG_KASAN=y\n');
  expect(await readFragmentFile(path)).toEqual({ path, text: 'CONFIG_KASAN=y\n' });
});

test('a base of another version is told of, one of another architecture or of none is refused', async () => {
  using folder = temporaryFolder();
  const said: string[] = [];
  const context = plainContext(folder.path, {}, (text) => said.push(text));
  const tree = { folder: folder.path, version: '6.12.1' };
  const read = async (text: string): Promise<unknown> => {
    writeFileSync(join(folder.path, 'base'), text);
    return await readConfigBase(context, options, tree, 'base');
  };
  expect(await readConfigBase(context, options, tree, 'tiny')).toEqual({ kind: 'tiny' });
  expect(await read(head('x86 6.12.1'))).toMatchObject({ kind: 'file' });
  expect(said).toEqual([]);
  await read(head('x86 6.1.0'));
  expect(said).toEqual([expect.stringContaining('is of Linux 6.1.0') as string]);
  await expect(read(head('arm64 6.1.0'))).rejects.toMatchObject(unsuitable);
  await expect(read('nothing\n')).rejects.toMatchObject(unsuitable);
  await expect(readConfigBase(context, options, tree, 'none')).rejects.toMatchObject(unsuitable);
});
