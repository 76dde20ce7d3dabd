import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { Privilege } from '../../../../src/host/fixes/elevation.ts';
import { runFixCommand } from '../../../../src/host/fixes/run-fix.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

async function run(
  argv: readonly string[],
  options: { readonly privilege?: Privilege; readonly path?: string; readonly root?: boolean } = {},
) {
  const { privilege = 'root', path = process.env['PATH'], root = true } = options;
  return await runFixCommand(
    { argv, root, why: 'a test' },
    { privilege, env: { PATH: path }, signal: new AbortController().signal },
  );
}

it('runs a command, without anything to read', async () => {
  using folder = temporaryFolder();
  const file = join(folder.path, 'a file');
  expect(await run(['sh', '-c', 'cat > "$1"; echo done >> "$1"', 'sh', file])).toEqual({
    done: true,
  });
  expect(readFileSync(file, 'utf8')).toBe('done\n');
});

it('tells what a command that fails said last', async () => {
  expect(await run(['sh', '-c', 'echo out; echo why >&2; exit 3'])).toEqual({
    done: false,
    reason: 'it ended with status 3',
    output: ['out', 'why'],
  });
  expect(await run(['no-such-program'])).toMatchObject({
    done: false,
    reason: 'there is no program no-such-program',
  });
});

it('takes sudo for what needs root only, and never without one', async () => {
  using folder = temporaryFolder();
  const log = join(folder.path, 'log');
  writeFileSync(join(folder.path, 'sudo'), `#!/bin/sh\nprintf "%s\\n" "$*" >> ${log}\n`);
  chmodSync(join(folder.path, 'sudo'), 0o755);
  const path = `${folder.path}:${process.env['PATH']}`;
  await run(['true', 'a'], { privilege: 'sudo', path });
  await run(['true', 'b'], { privilege: 'sudo-without-password', path });
  await run(['true', 'c'], { privilege: 'sudo', path, root: false });
  expect(readFileSync(log, 'utf8')).toBe('-- true a\n-n -- true b\n');
  expect(await run(['true'], { privilege: 'none' })).toMatchObject({ done: false });
});
