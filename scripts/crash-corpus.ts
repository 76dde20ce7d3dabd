// Counts how well crashes are read in a folder of reports.
//   npm run crash-corpus -- DIR [--list FILE] [--verbose]
// With a list (fixtures/crash-reports) the answers are in it. Without one each file begins with
// what is expected, as syzkaller's tests have it: `TITLE: … in FUNCTION` (or `NONE` for a log
// without a crash), an empty line, and the log.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { isMachinery } from '../src/crash/machinery.ts';
import { scanCrashes } from '../src/crash/scanner.ts';
import type { Crash } from '../src/crash/crash-event.ts';

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { list: { type: 'string' }, verbose: { type: 'boolean', default: false } },
});
const [folder] = positionals;
if (folder === undefined) throw new Error('npm run crash-corpus -- DIR [--list FILE] [--verbose]');

type Verdict =
  | 'right'
  | 'other kind'
  | 'other function'
  | 'other module'
  | 'infrastructure'
  | 'missed'
  | 'false alarm'
  | 'quiet';

/** What is right: `-` is none, `*` anything. */
interface Expected {
  readonly part: string;
  readonly name: string;
  readonly kind: string;
  readonly functions: readonly string[];
  readonly module: string;
  readonly log: Buffer;
}

const counts = new Map<string, number>();
for (const expected of values.list === undefined ? titled(folder) : listed(folder, values.list)) {
  const scanner = scanCrashes();
  const crashes = [...scanner.read(expected.log), ...scanner.finish()];
  const [first] = crashes.toSorted((a, b) => a.number - b.number);
  const verdict = judge(expected, first);
  const key = `${expected.part}\t${verdict}`;
  counts.set(key, (counts.get(key) ?? 0) + 1);
  if (values.verbose || (verdict !== 'right' && verdict !== 'quiet')) {
    const { kind, functions, module } = expected;
    const found = `${first?.kind} ${first?.function} ${first?.module}`;
    console.log(
      `${expected.name}: ${verdict}: ${found} (${kind} ${functions.join(',')} ${module})`,
    );
  }
}
for (const [key, count] of counts) console.log(`${key}\t${count}`);

function listed(from: string, list: string): Expected[] {
  const rows = readFileSync(list, 'utf8').trim().split('\n').slice(1);
  return rows.flatMap((row) => {
    const [part = '', name = '', , kind = '', functions = '', module = ''] = row.split('\t');
    const file = join(from, name);
    if (!existsSync(file)) {
      console.log(`${name}: not there`);
      return [];
    }
    return [{ part, name, kind, functions: functions.split(','), module, log: readFileSync(file) }];
  });
}

function titled(from: string): Expected[] {
  const files = readdirSync(from).toSorted();
  return files.flatMap((name) => {
    const file = join(from, name);
    if (!statSync(file).isFile()) return [];
    const bytes = readFileSync(file);
    const headEnd = bytes.indexOf('\n\n');
    const head = bytes.toString('utf8', 0, Math.max(headEnd, 0));
    const title = /^TITLE: (.*)$/m.exec(head)?.[1]?.trim() ?? '';
    // A title that is empty or of a program's own words is no crash of the kernel's.
    const none = title === '' || title === 'NONE' || /executor-detected|^SYZ/.test(title);
    const named = / in (?<name>[\w.]+)(?: at addr \S+)?$/.exec(title)?.groups?.['name'];
    const log = bytes.subarray(headEnd + 2);
    const kind = none ? 'none' : '*';
    return [{ part: '', name, kind, functions: [named ?? '-'], module: '*', log }];
  });
}

function judge({ kind, functions, module }: Expected, first: Crash | undefined): Verdict {
  if (kind === 'none') return first === undefined ? 'quiet' : 'false alarm';
  if (first === undefined) return 'missed';
  const found = first.function === undefined ? '-' : plain(first.function);
  const right = functions.some((each) => each === '*' || plain(each) === found);
  if (!right) {
    const { function: name, module: own } = first;
    if (name === undefined) return 'other function';
    return isMachinery({ function: name, module: own }) ? 'infrastructure' : 'other function';
  }
  if (kind !== '*' && !kind.split(',').includes(first.kind)) return 'other kind';
  return module === '*' || module === (first.module ?? '-') ? 'right' : 'other module';
}

/** Without the compiler's suffixes. */
function plain(name: string): string {
  return name.replace(/\.(?:isra|constprop|part|cold|llvm).*/, '');
}
