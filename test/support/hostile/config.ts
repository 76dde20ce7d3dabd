import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { longestValue, mostRemarks } from '../../../src/config/bounds.ts';
import { keyNames } from '../../../src/config/config-keys.ts';
import { loadConfig } from '../../../src/config/load-config.ts';
import { evaluateShell } from '../../../src/config/shell/evaluate.ts';
import { parseShell } from '../../../src/config/shell/parse-shell.ts';
import { readConfigText } from '../../../src/config/read-config-text.ts';
import type { Random } from './random.ts';
import { target } from './target.ts';

const names = ['A', 'B', 'HOME', 'PWD', 'BASH', 'UTOPIA_DISK', '_', 'x1', ...keyNames];
const tokens = [
  ...Array.from(`'"\\$\`{}()[]#~=:;&|<>+-*?!@,./ \t\n\r\v0aZ_`),
  ...['\\\n', '${', '${A:-', '$A', '${A+', '$(', '$((', "$'", '+=', '=~/', ':~', '\r\n', '\\"'],
  ...['export ', 'A=', 'B+=', "'\\'", '\u00A0', '\u202E', '“', '\uFEFF', '\u0000', '😀', '127'],
];

/** Shapes that took time, memory or the stack, or might; each is given how often it repeats itself. */
const shapes: readonly ((random: Random, times: number) => string)[] = [
  (random, times) => random.pieces(tokens, times),
  (random, times) => `${random.pick(names)}=${random.pieces(tokens, times)}\n`,
  (random, times) => `${random.pick(names)}=1\n`.repeat(times),
  (random, times) => `${random.pick(names)}+=x\n`.repeat(times),
  (_random, times) =>
    Array.from({ length: times }, (_none, at) => `N${at}=$N${at - 1}x\n`).join(''),
  (random, times) => `A=ab\n${'A=$A$A\n'.repeat(Math.min(times, 80))}B=$A${random.pick(names)}\n`,
  (_random, times) => `A=ab\n${'A+=$A\n'.repeat(times)}`,
  (random, times) =>
    `B=${random.pick(['', '"'])}${'${A:-'.repeat(times)}x${'}'.repeat(random.int(times))}\n`,
  (random, times) => `B=${random.pieces(["'$A'", '"$A"', '~', ':~/', "''", '\\x'], times)}\n`,
  (random, times) =>
    random.pick(['\r', ' ', '\\', '"', "'", '#', '=', '$', '~', '{', ';']).repeat(times),
  (random, times) => `${random.pick(['A="', "A='", 'A=${B', '#', 'A=\\'])}\n`.repeat(times),
  (random, times) =>
    `export ${`${random.pick(names)}=${random.pick(['$A', '{', '~'])} `.repeat(times)}\n`,
  (_random, times) => `${'n'.repeat(times)}=1\nA=$${'m'.repeat(times)}\n`,
  (random, times) =>
    `UTOPIA_FORWARDS='${random.pieces(['80:80 ', '1', ':', '/udp,', ' '], times)}'\n`,
  (random, times) =>
    `UTOPIA_DISKS='${random.pieces(['a:ro:b ', ':', '\\', '"', 'x', ' '], times)}'\n`,
  (random, times) => `UTOPIA_EXTRA_ARGS="${random.pieces(["'", '\\', 'x', ' ', ','], times)}"\n`,
];

function generate(random: Random): Uint8Array {
  const large = random.oneIn(50);
  const count = 1 + random.int(large ? 3 : 6);
  const parts = Array.from({ length: count }, () => {
    const times = 1 + random.int(large ? random.pick([1000, 8000, 40_000, 120_000]) : 60);
    return random.pick(shapes)(random, times);
  });
  const bytes = Buffer.from(parts.join(random.pick(['\n', ''])));
  if (random.oneIn(8)) random.bytes(8).copy(bytes, random.int(bytes.length));
  return bytes;
}

/** The configuration's reader, from the file to the report. */
export const configTarget = target({
  id: 'config',
  generate,
  run: async (bytes: Uint8Array, folder) => {
    const { text } = readConfigText(bytes);
    const { commands } = parseShell(text);
    for (const [name, { value }] of evaluateShell(commands, {}, '/home/user').assigned) {
      // What went beyond was refused, and is the last that was read.
      if (value.length > bytes.length + 2 * longestValue) throw new Error(`${name} is too long`);
    }
    const file = join(folder, 'utopia.config');
    writeFileSync(file, bytes);
    const report = await loadConfig({
      cwd: folder,
      env: {},
      home: '/home/user',
      lookup: async () => await Promise.reject(new Error('no address')),
    });
    if (report.errors.length > mostRemarks + 1) throw new Error('too many problems');
    if (report.warnings.length > 2 * mostRemarks + 5) throw new Error('too many warnings');
    for (const problem of report.errors) {
      if (problem.message.length > 4000) throw new Error('a message is too long');
    }
    if (bytes.length <= longestValue && report.config === undefined && report.errors.length === 0) {
      throw new Error('neither a configuration nor an error');
    }
  },
});
