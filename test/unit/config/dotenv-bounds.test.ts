import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { mostBlanks, mostDotenvBytes, mostSeparators } from '../../../src/config/bounds.ts';
import { loadConfig } from '../../../src/config/load-config.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

/** Each of these takes well below two seconds; without a bound some take minutes. */
const limitMs = 20_000;

async function load(text: string | Uint8Array) {
  using folder = temporaryFolder();
  writeFileSync(join(folder.path, '.env'), text);
  return await loadConfig({ cwd: folder.path, env: {}, home: '/home/user' });
}

/** As much of this again and again as a .env may have, with a key of ours in front. */
function fill(piece: string): string {
  const room = mostDotenvBytes - 16;
  return `UTOPIA_CPUS=3\n${piece.repeat(room).slice(0, room)}`;
}

const blanks = ' '.repeat(mostBlanks - 2);
const ends = '\n'.repeat(mostBlanks - 2);

describe('within the bounds dotenv reads in milliseconds', () => {
  test.each([
    ['empty lines between comments', fill(`#${ends}`)],
    ['empty lines between words', fill(`x${ends}`)],
    ['export and empty lines', fill(`export${ends}`)],
    ['export and blanks', fill(`export${blanks}`)],
    ['names and empty lines', fill(`A${ends}`)],
    ['values and empty lines', fill(`A=${ends}`)],
    ['assignments', fill('a=\n')],
    ['assignments of a key', fill('UTOPIA_CPUS=3\n')],
    ['names near to a key', fill('UTOPIA_CPU=3\n')],
    ['open quotes', fill(`A='\nB="\nC=\``)],
    ['quotes behind blanks', fill(`A=${blanks}''${blanks}x\n`)],
    ['quotes behind backslashes', fill(`A='\\'\nB="\\"\n`)],
    ['hashes', fill("A='#\n")],
    ['one word', fill('w')],
    ['one name', fill('a.')],
  ])('%s', { timeout: limitMs }, async (_what, text) => {
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(mostDotenvBytes);
    const { errors, values } = await load(text);
    expect([errors, values.UTOPIA_CPUS.origin]).toEqual([[], 'dotenv']);
  });
});

describe('beyond them it is not asked', () => {
  test.each([
    ['empty lines', `A=1\n${'\n'.repeat(mostBlanks + 1)}`, 1, /blanks and line ends/],
    ['blanks', `A=1\nB=2${' '.repeat(mostBlanks + 1)}\n`, 2, /blanks and line ends/],
    ['carriage returns', `A=1\n#\n${'\r'.repeat(mostBlanks + 1)}`, 2, /blanks and line ends/],
    ['line separators', `\nA=${"'a\u2028".repeat(mostSeparators + 1)}`, 2, /U\+2028/],
    ['a zero byte', 'A=1\n\u0000\n', 2, /zero byte/],
  ])('%s', async (_what, text, line, message) => {
    const { errors, dotenv } = await load(text);
    expect(errors).toEqual([
      {
        ...{ line, file: dotenv.file, hint: expect.any(String) as unknown },
        message: expect.stringMatching(message) as unknown,
      },
    ]);
  });

  test('a large file', async () => {
    expect((await load('#'.repeat(mostDotenvBytes))).errors).toEqual([]);
    const { errors, config } = await load('#'.repeat(mostDotenvBytes + 1));
    expect(errors[0]?.message).toBe(
      '.env is no file of settings: it has 32769 bytes; at most 32768 are read.',
    );
    expect(errors[0]?.hint).toContain('mv .env .env.large');
    expect(config).toBeUndefined();
  });

  test('a folder of this name, as Python’s virtual environments are, is passed over', async () => {
    using folder = temporaryFolder();
    mkdirSync(join(folder.path, '.env'));
    const { errors, warnings } = await loadConfig({ cwd: folder.path, env: {}, home: '/' });
    expect([errors, warnings]).toEqual([[], []]);
  });

  test('a pipe, a device, a circle of links; nothing is waited for', async () => {
    using folder = temporaryFolder();
    const at = (name: string): string => join(folder.path, name);
    for (const name of ['pipe', 'device', 'circle']) mkdirSync(at(name));
    execFileSync('mkfifo', [at('pipe/.env')]);
    symlinkSync('/dev/zero', at('device/.env'));
    symlinkSync('.env', at('circle/.env'));
    const told = async (name: string) => {
      const { errors } = await loadConfig({ cwd: at(name), env: {}, home: '/' });
      expect(errors).toHaveLength(1);
      expect(errors[0]?.hint).not.toBe('');
      return errors[0]?.message;
    };
    expect(await told('pipe')).toBe(
      '.env is no file of settings: it is a pipe, and a file is needed.',
    );
    expect(await told('device')).toContain('it is a device');
    expect(await told('circle')).toBe('.env cannot be read: its symbolic links lead in a circle.');
  });
});
