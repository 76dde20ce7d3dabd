import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const source = join(import.meta.dirname, '../../../src/system/named-place.ts');

// No file above 1 kB, as a disk that is full in the midst of it: write(2) takes a part, and no word of it.
test('a file for which there is only half the room is not written by half', () => {
  using temporary = temporaryFolder();
  const file = join(temporary.path, 'marks');
  writeFileSync(file, 'the old ones');
  const script = `
    const { openNamedPlace } = await import(${JSON.stringify(source)});
    const place = await openNamedPlace('/', ${JSON.stringify(file)}, 'hint');
    await place.write(['x'.repeat(1500)]).then(() => console.log('written'), ({ code }) => console.log(code));
  `;
  const program = ['--import', 'tsx', '--input-type=module', '-e', script];
  const limited = ['-c', 'ulimit -f 1; exec "$@"', 'bash', process.execPath, ...program];
  const { stdout, stderr } = spawnSync('bash', limited, { encoding: 'utf8' });
  expect({ stdout, stderr }).toEqual({ stdout: 'EFBIG\n', stderr: '' });
  expect(readFileSync(file, 'utf8')).toBe('the old ones');
  expect(readdirSync(temporary.path)).toEqual(['marks']);
});
