// Counts how well crashes are read in a folder of reports, each a file that begins with what is
// expected, as syzkaller's tests have it: `TITLE: … in FUNCTION` (or `NONE` for a log without a
// crash), an empty line, and the log.
//   npm run crash-corpus -- DIR [--verbose]
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { isMachinery } from '../src/crash/machinery.ts';
import { scanCrashes } from '../src/crash/scanner.ts';

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { verbose: { type: 'boolean', default: false } },
});
const [folder] = positionals;
if (folder === undefined) throw new Error('npm run crash-corpus -- DIR [--verbose]');

type Verdict = 'right' | 'other function' | 'infrastructure' | 'missed' | 'false alarm' | 'quiet';
const counts = new Map<Verdict, number>();

for (const name of readdirSync(folder).toSorted()) {
  const file = join(folder, name);
  if (!statSync(file).isFile()) continue;
  const bytes = readFileSync(file);
  const headEnd = bytes.indexOf('\n\n');
  const head = bytes.toString('utf8', 0, Math.max(headEnd, 0));
  const title = /^TITLE: (.*)$/m.exec(head)?.[1]?.trim() ?? '';
  const scanner = scanCrashes();
  const crashes = [...scanner.read(bytes.subarray(headEnd + 2)), ...scanner.finish()];
  const [first] = crashes.toSorted((a, b) => a.number - b.number);
  const expected = / in (?<name>[\w.]+)(?: at addr \S+)?$/.exec(title)?.groups?.['name'];
  const verdict = judge(title, expected, first);
  counts.set(verdict, (counts.get(verdict) ?? 0) + 1);
  if (values.verbose || verdict === 'missed' || verdict === 'false alarm') {
    console.log(`${name}: ${verdict}: ${first?.kind} ${first?.function} (${title})`);
  }
}
for (const [verdict, count] of counts) console.log(`${verdict}: ${count}`);

function judge(
  title: string,
  expected: string | undefined,
  first:
    { readonly function?: string | undefined; readonly module?: string | undefined } | undefined,
): Verdict {
  // A title that is empty or of a program's own words is no crash of the kernel's.
  const none = title === '' || title === 'NONE' || /executor-detected|^SYZ/.test(title);
  if (none) return first === undefined ? 'quiet' : 'false alarm';
  if (first === undefined) return 'missed';
  if (expected === undefined || first.function === undefined) {
    return expected === first.function ? 'right' : 'other function';
  }
  const plain = first.function.replace(/\.(?:isra|constprop|part|cold|llvm).*/, '');
  if (plain === expected.replace(/\.(?:isra|constprop|part|cold|llvm).*/, '')) return 'right';
  return isMachinery({ function: first.function, module: first.module })
    ? 'infrastructure'
    : 'other function';
}
