import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { showControls, showInLine, stringifyHarmlessly } from '../../../src/text/harmless.ts';
import { openProgress } from '../../../src/ui/progress.ts';
import { openTerminal } from '../../../src/ui/terminal.ts';

/** Every character that must not reach a terminal as it is. */
const harmful: readonly string[] = [
  ...Array.from({ length: 0xa0 }, (_none, code) => String.fromCharCode(code)).filter(
    (character) => !/[\t\n -~]/.test(character),
  ),
  ...[0x61c, 0x200e, 0x200f, 0x2028, 0x2029, 0x202a, 0x202b, 0x202c, 0x202d, 0x202e].map((code) =>
    String.fromCharCode(code),
  ),
  '\u2066',
  '\u2067',
  '\u2068',
  '\u2069',
  '\uD800',
  '\uDFFF',
];

/** A terminal whose streams are kept, with colours or without. */
function keptTerminal(env: Record<string, string>) {
  const written = { out: '', err: '' };
  const stream = (name: 'out' | 'err'): NodeJS.WriteStream => {
    const pass = new PassThrough();
    pass.on('data', (chunk: Buffer) => (written[name] += chunk.toString()));
    return pass as unknown as NodeJS.WriteStream;
  };
  const streams = { stdin: process.stdin, stdout: stream('out'), stderr: stream('err') };
  return { written, terminal: openTerminal(streams, { LANG: 'C.UTF-8', ...env }) };
}

test.each(harmful.map((character) => [JSON.stringify(character).slice(1, -1), character]))(
  '%s is shown as an escape on both streams, and kept as a value in JSON',
  (_name, character) => {
    const { terminal, written } = keptTerminal({ FORCE_COLOR: '1' });
    terminal.out(`a${character}b`);
    terminal.err(`a${character}b`);
    terminal.json({ [`k${character}`]: character });
    for (const text of [written.out, written.err]) expect(text).not.toContain(character);
    expect(written.err).toMatch(/^a\\(?:x[0-9a-f]{2}|u[0-9a-f]{4}|r)b\n$/);
    const json = written.out.split('\n')[1] ?? '';
    expect(JSON.parse(json)).toEqual({ [`k${character}`]: character });
  },
);

test('tab, newline and all other text stay as they are', () => {
  const text = 'a\tb\nκόσμε 日本 👩‍🎓 עברית é\u00A0';
  expect(showControls(text)).toBe(text);
  expect(showControls('a\r\nb')).toBe('a\nb');
  expect(showInLine('a\tb\nc')).toBe(String.raw`a\tb\nc`);
  expect(showInLine('item-0\x1B]0;x\x07')).toBe(String.raw`item-0\x1b]0;x\x07`);
});

test('only sequences of our own styling act, and only with colours', () => {
  const foreign = 'x\u001B[8mhidden\u001B[32mgreen\u001B]0;title\u0007';
  const harmless = String.raw`x\x1b[8mhidden\x1b[32mgreen\x1b]0;title\x07`;
  const coloured = keptTerminal({ FORCE_COLOR: '1' });
  coloured.terminal.out(`${coloured.terminal.color.red('✗')} ${foreign}`);
  coloured.terminal.out(coloured.terminal.color.bold(foreign));
  expect(coloured.written.out).toBe(
    `\u001B[31m✗\u001B[39m ${harmless}\n\u001B[1m${harmless}\u001B[22m\n`,
  );
  const plain = keptTerminal({ NO_COLOR: '1' });
  plain.terminal.out(plain.terminal.color.red(foreign));
  expect(plain.written.out).toBe(`${harmless}\n`);
});

test('styles within styles keep both', () => {
  const { terminal, written } = keptTerminal({ FORCE_COLOR: '1' });
  terminal.err(terminal.errColor.bold(`a ${terminal.errColor.red('b')} c`));
  expect(written.err).toBe('\u001B[1ma \u001B[31mb\u001B[39m c\u001B[22m\n');
});

test('a title with a newline stays on the line of its mark', async () => {
  const { terminal, written } = keptTerminal({ NO_COLOR: '1' });
  const { report } = await openProgress(terminal);
  report({ kind: 'failed', title: 'x\n  ✓ anna', detail: 'why\n  ✓ babis' });
  expect(written.err).toBe('  ✗ x\\n  ✓ anna why ✓ babis\n');
});

test('JSON keeps its form: indented, without a character that acts', () => {
  const value = { a: ['\u202E', { b: '\u009B31m' }], c: '"\\\n' };
  const text = stringifyHarmlessly(value, 2);
  expect(text).toBe(
    JSON.stringify(value, undefined, 2)
      .replace('\u202E', String.raw`\u202e`)
      .replace('\u009B', String.raw`\u009b`),
  );
  expect(JSON.parse(text)).toEqual(value);
});
