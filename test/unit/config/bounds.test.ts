import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { deepestExpansion, longestValue, mostRemarks } from '../../../src/config/bounds.ts';
import { editKey } from '../../../src/config/edit.ts';
import { loadConfig } from '../../../src/config/load-config.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

/** Each of these takes well below a second; in quadratic time, or without an end, it takes minutes. */
const limitMs = 20_000;

async function load(text: string) {
  using folder = temporaryFolder();
  writeFileSync(join(folder.path, 'utopia.config'), text);
  return await loadConfig({ cwd: folder.path, env: {}, home: '/home/user' });
}

describe('a file of a megabyte is read in linear time', () => {
  test.each([
    ['assignments of one name', 'UTOPIA_MEMORY_MB=512\n'.repeat(49_000)],
    ['short assignments', 'A=1\n'.repeat(250_000)],
    ['assignments of many names', Array.from({ length: 80_000 }, (_, n) => `N${n}=1\n`).join('')],
    ['one-letter appends', 'A+=x\n'.repeat(100_000)],
    ['words on one line', `export ${'A=1 '.repeat(200_000)}\n`],
    ['pieces of one value', `A=${"'$B'".repeat(24_000)}\n`],
    ['remarks of many values', `A=${"'$B'".repeat(2000)}\n`.repeat(100)],
    ['carriage returns', `#${'\r'.repeat(1_000_000)}x\n`],
    ['continued lines', 'A=1\\\n'.repeat(200_000)],
    ['a word', `${'w'.repeat(1_000_000)}\n`],
    ['a name', `${'n'.repeat(1_000_000)}=1\n`],
    ['open quotes', 'A="x\n'.repeat(200_000)],
    ['commands', 'ls -l\n'.repeat(170_000)],
    ['tildes', `A=${'~:'.repeat(60_000)}\n`],
  ])(
    '%s',
    async (_what, text) => {
      const { errors, warnings } = await load(text);
      expect(errors.length).toBeLessThanOrEqual(mostRemarks + 1);
      expect(warnings.length).toBeLessThanOrEqual(2 * mostRemarks + 3);
      for (const { message, hint } of errors) expect((message + hint).length).toBeLessThan(2500);
    },
    limitMs,
  );

  test('and means what it says', async () => {
    const { errors, values } = await load(`${'UTOPIA_CPUS=1\n'.repeat(40_000)}UTOPIA_CPUS=2\n`);
    expect(errors).toEqual([]);
    expect(values.UTOPIA_CPUS).toEqual({ value: 2, origin: 'file', line: 40_001 });
  });
});

describe('what has no bound in bash has one here', () => {
  test('values that grow out of themselves', async () => {
    const { errors } = await load(`A=ab\n${'A=$A$A\n'.repeat(40)}`);
    expect(errors).toEqual([
      {
        line: 18,
        message: expect.stringContaining('make a value too long') as unknown,
        hint: expect.stringContaining('built from itself') as unknown,
      },
    ]);
    expect((await load(`A=${'x'.repeat(60_000)}\n${'B=$A$A\n'.repeat(100_000)}`)).errors).toEqual([
      expect.objectContaining({ message: expect.stringContaining('4 MiB in all') as unknown }),
    ]);
    const appended = await load(`A=${'x'.repeat(longestValue)}\nA+=y\n`);
    expect(appended.errors).toEqual([
      expect.objectContaining({ line: 2, message: expect.stringContaining('longer') as unknown }),
    ]);
  });

  test.each(['', '"'])('defaults within defaults, %s', async (quote) => {
    const nested = (depth: number): string =>
      `X=${quote}${'${A:-'.repeat(depth)}x${'}'.repeat(depth)}${quote}\nUTOPIA_NAME=$X\n`;
    expect((await load(nested(deepestExpansion))).values.UTOPIA_NAME.value).toBe('x');
    for (const depth of [deepestExpansion + 1, 8000, 150_000]) {
      expect((await load(nested(depth))).errors[0]).toMatchObject({
        line: 1,
        message: `More than ${deepestExpansion} \${…} stand within each other here.`,
      });
    }
  });

  test('problems and warnings', async () => {
    const { errors } = await load('ls\n'.repeat(1000));
    expect(errors.at(-1)).toMatchObject({
      line: mostRemarks + 1,
      message: expect.stringContaining('The reading stopped here') as unknown,
    });
    const { warnings } = await load('A=$B\n'.repeat(1000));
    expect(warnings.map(({ message }) => message)).toContain(
      'There are 900 more warnings like these.',
    );
  });

  test('places in a line that an edit tries', () => {
    const line = `UTOPIA_CPUS=1;${'#UTOPIA_CPUS=1,'.repeat(60_000)}"\n`;
    expect(editKey(line, 'UTOPIA_CPUS', '2', {}, '/home/user')).toBeUndefined();
  });
});

describe('only a regular file is read, and at once', () => {
  test('a pipe, a socket, a device, a folder, a circle of links', async () => {
    using folder = temporaryFolder();
    const path = (name: string): string => join(folder.path, name);
    execFileSync('mkfifo', [path('pipe')]);
    mkdirSync(path('folder'));
    symlinkSync('circle', path('circle'));
    symlinkSync('pipe', path('link'));
    const server = createServer().listen(path('socket'));
    try {
      await new Promise((resolve) => server.once('listening', resolve));
      const told = async (file: string): Promise<string | undefined> =>
        (await loadConfig({ cwd: folder.path, file, env: {}, home: '/' })).errors[0]?.message;
      const needed = 'and a file is needed.';
      expect(await told('pipe')).toBe(`pipe is no configuration file: it is a pipe, ${needed}`);
      expect(await told('link')).toBe(`link is no configuration file: it is a pipe, ${needed}`);
      expect(await told('socket')).toContain(`it is a socket, ${needed}`);
      expect(await told('/dev/zero')).toContain(`it is a device, ${needed}`);
      expect(await told('folder')).toContain('is a folder');
      expect(await told('circle')).toContain('lead in a circle');
    } finally {
      server.close();
    }
  });

  test('and no more of it than a configuration has', async () => {
    using folder = temporaryFolder();
    execFileSync('truncate', ['-s', '8T', join(folder.path, 'utopia.config')]);
    const { errors } = await loadConfig({ cwd: folder.path, env: {}, home: '/' });
    expect(errors).toMatchObject([
      { message: expect.stringContaining('at most 1048576') as unknown },
    ]);
  });
});
