import { cpSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { crashImage } from '../test/support/crash-image.ts';
import { makeLab } from '../test/support/lab.ts';
import { temporaryFolder } from '../test/support/temporary-folder.ts';

// The grading example of docs/run.md with real guests: ten modules, right, wrong,
// oopsing, hanging, not compiling; or those that are named. Under emulation each
// builds its module for a minute or two, so this is outside of `npm test`.
// With --host each is built beside the guests, by `utopia module test`.

/** What must come out: `outcome status` of `utopia run`, and the verdict of `utopia module test`. */
const verdicts: Readonly<Record<string, readonly [inGuest: string, onHost: string]>> = {
  anna: ['exited 0', 'passed 0'],
  babis: ['exited 0', 'passed 0'],
  chloe: ['exited 1', 'failed 1'],
  dimitris: ['exited 1', 'failed 1'],
  eleni: ['crashed 70', 'crashed 70'],
  foteini: ['crashed 70', 'crashed 70'],
  giorgos: ['timed-out 124', 'timed-out 124'],
  hara: ['timed-out 124', 'timed-out 124'],
  ilias: ['exited 2', 'did-not-build 65'],
  katerina: ['crashed 70', 'crashed 70'],
};
/** Of submissions at a time. */
const jobs = 2;

const fixtures = join(import.meta.dirname, '../fixtures');
await using lab = await makeLab({ backing: await crashImage() });
cpSync(join(fixtures, 'submissions'), join(lab.folder, 'submissions'), { recursive: true });
cpSync(join(fixtures, 'grade.sh'), join(lab.folder, 'grade.sh'));
const warm = await lab.run('image', 'warm');
process.stdout.write(`${warm.stdout}${warm.stderr}`);
const startedAt = performance.now();
const onHost = process.argv.includes('--host');
const asked = process.argv.slice(2).filter((word) => word !== '--host');
const names = asked.length > 0 ? asked : Object.keys(verdicts);
const graded = await (onHost ? gradeOnHost() : gradeInGuests());
const seconds = ((performance.now() - startedAt) / 1000).toFixed(0);
let wrong = 0;
for (const { name, got, ms, said } of graded.grades) {
  const expected = verdicts[name]?.[onHost ? 1 : 0];
  if (got !== expected) wrong += 1;
  const mark = got === expected ? 'ok  ' : `WRONG, expected ${expected}: ${said}`;
  process.stdout.write(`${mark} ${name} ${got}, ${ms} ms\n`);
}
process.stdout.write(
  `${graded.grades.length} submissions in ${seconds} s, ${wrong} wrong verdicts; ${graded.numbers}\n`,
);
process.exitCode = wrong === 0 && graded.grades.length === names.length ? 0 : 1;

interface Grade {
  readonly name: string;
  /** Outcome, or verdict, and status. */
  readonly got: string;
  readonly ms: number | null;
  readonly said: string;
}
interface Grades {
  readonly grades: readonly Grade[];
  readonly numbers: string;
}

async function gradeInGuests(): Promise<Grades> {
  const result = await lab.run(
    ...['run', '--json', '--jobs', `${jobs}`, '--timeout', '300', '--junit', 'marks.xml'],
    ...['--each', ...names.map((name) => `submissions/${name}`), '--', './grade.sh', '{}'],
  );
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
  const [, numbers = ''] =
    /<testsuites (.*)>/.exec(readFileSync(join(lab.folder, 'marks.xml'), 'utf8')) ?? [];
  const grades = runs.map(({ item, outcome, status, commandMs, message, stderr }) => ({
    name: item.split('/').at(-1) ?? '',
    got: `${outcome} ${status}`,
    ms: commandMs,
    said: `${message ?? ''} ${stderr}`,
  }));
  return { grades, numbers };
}

/** The time limit need not cover a build in the guest. */
async function gradeOnHost(): Promise<Grades> {
  const grades: Grade[] = [];
  const rest = names.values();
  // The lab's own folder has a blank in its name, which kbuild takes in none.
  using aside = temporaryFolder();
  cpSync(join(fixtures, 'submissions'), aside.path, { recursive: true });
  const work = async (): Promise<void> => {
    for (const name of rest) {
      const { status, stdout, stderr } = await lab.run(
        ...['module', 'test', '--json', '--timeout', '20', join(aside.path, name)],
        ...['--', 'sh', '-c', 'test "$(cat /proc/answer)" = 42'],
      );
      if (stdout === '') throw new Error(stderr);
      const { verdict, testMs, build } = JSON.parse(stdout) as {
        readonly verdict: string;
        readonly testMs: number | null;
        readonly build: { readonly where: string; readonly ms: number };
      };
      const said = `${build.where} ${build.ms} ms ${stderr}`;
      grades.push({ name, got: `${verdict} ${status}`, ms: testMs, said });
    }
  };
  await Promise.all(Array.from({ length: jobs }, work));
  return { grades, numbers: '--timeout 20' };
}
