import { cpSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { crashImage } from '../test/support/crash-image.ts';
import { makeLab } from '../test/support/lab.ts';

// The grading example of docs/run.md with real guests: ten modules, right, wrong,
// oopsing, hanging, not compiling; or those that are named. Under emulation each
// builds its module for a minute or two, so this is outside of `npm test`.

/** What must come out: `outcome status`. */
const verdicts: Readonly<Record<string, string>> = {
  anna: 'exited 0',
  babis: 'exited 0',
  chloe: 'exited 1',
  dimitris: 'exited 1',
  eleni: 'crashed 70',
  foteini: 'crashed 70',
  giorgos: 'timed-out 124',
  hara: 'timed-out 124',
  ilias: 'exited 2',
  katerina: 'crashed 70',
};

const fixtures = join(import.meta.dirname, '../fixtures');
await using lab = await makeLab({ backing: await crashImage() });
cpSync(join(fixtures, 'submissions'), join(lab.folder, 'submissions'), { recursive: true });
cpSync(join(fixtures, 'grade.sh'), join(lab.folder, 'grade.sh'));
const warm = await lab.run('image', 'warm');
process.stdout.write(`${warm.stdout}${warm.stderr}`);
const startedAt = performance.now();
const asked = process.argv.slice(2);
const names = asked.length > 0 ? asked : Object.keys(verdicts);
const result = await lab.run(
  ...['run', '--json', '--jobs', '2', '--timeout', '300', '--junit', 'marks.xml'],
  ...['--each', ...names.map((name) => `submissions/${name}`), '--', './grade.sh', '{}'],
);
const seconds = ((performance.now() - startedAt) / 1000).toFixed(0);
const { runs } = JSON.parse(result.stdout) as {
  readonly runs: readonly {
    readonly item: string;
    readonly outcome: string;
    readonly status: number;
    readonly commandMs: number;
    readonly message: string | null;
    readonly stderr: string;
  }[];
};
let wrong = 0;
for (const { item, outcome, status, commandMs, message, stderr } of runs) {
  const expected = verdicts[item.split('/').at(-1) ?? ''];
  const got = `${outcome} ${status}`;
  if (got !== expected) wrong += 1;
  const mark = got === expected ? 'ok  ' : `WRONG, expected ${expected}: ${stderr}`;
  process.stdout.write(`${mark} ${item} ${got}, ${commandMs} ms ${message ?? ''}\n`);
}
const [, numbers = ''] =
  /<testsuites (.*)>/.exec(readFileSync(join(lab.folder, 'marks.xml'), 'utf8')) ?? [];
process.stdout.write(
  `${runs.length} submissions in ${seconds} s, ${wrong} wrong verdicts; ${numbers}\n`,
);
process.exitCode = wrong === 0 && runs.length === names.length ? 0 : 1;
