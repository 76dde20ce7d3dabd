import { readKtapLine, type KtapLine, type KtapResult } from './ktap-lines.ts';
import { nameRunning } from './running-test.ts';
import type { TestNode, TestOutcome } from './test-node.ts';

export interface KtapReading {
  /** The kernel died, or what ran was ended, before the output was whole: a test was running. */
  readonly cut: 'crashed' | 'ended' | undefined;
  /** Whether the kernel begins to complain in this line, and in which words. */
  readonly complaint: (line: string) => string | undefined;
}

/** What has been read of one level of nesting. */
interface Level {
  readonly indent: number;
  name: string | undefined;
  plan: number | undefined;
  skip: string;
  /** It has said that tests follow. */
  announced: boolean;
  readonly tests: TestNode[];
}

/** A hostile output ends there: levels, tests in all, and lines kept of one test. */
const mostLevels = 20;
const mostTests = 20_000;
const mostSaid = 100;

/** KUnit's and kselftest's counts, which say what the results say. */
const count = /^\s*# (?:Totals: |\S+: )?pass:\d+ (?:x?fail|fail):\d+ /;

/**
 * The tests of an output: KTAP of version 1 and TAP 13 and 14, nested by blanks or by kselftest's
 * `# `, with the kernel's stamps or without, among lines of other kinds. Empty where it holds
 * none. Pure; linear in time and bounded in what it keeps.
 */
export function parseKtap(text: string, { cut, complaint }: KtapReading): readonly TestNode[] {
  const roots: TestNode[] = [];
  let levels: Level[] = [];
  let said: string[] = [];
  let tests = 0;
  let tooDeep = false;
  let isKtap = false;

  const top = (): Level | undefined => levels.at(-1);

  function add(to: TestNode[], node: TestNode): void {
    tests += 1;
    if (tests <= mostTests) to.push(node);
  }

  function open(indent: number): Level {
    const found = levels.find((each) => each.indent === indent);
    if (found !== undefined) return found;
    const level: Level = {
      ...{ indent, name: undefined, plan: undefined, skip: '', announced: false, tests: [] },
    };
    if (levels.length < mostLevels) levels.push(level);
    else tooDeep = true;
    return level;
  }

  /** Closes what stands deeper; gives the tests of the shallowest of it. */
  function closeBelow(indent: number): Level | undefined {
    let closed: Level | undefined;
    for (let level = top(); level !== undefined && level.indent > indent; level = top()) {
      if (closed !== undefined) add(level.tests, asUnfinished(closed));
      closed = level;
      levels.pop();
    }
    return closed;
  }

  /** A new list of tests begins at this depth. */
  function begin(line: Extract<KtapLine, { indent: number }>): Level {
    const below = closeBelow(line.indent);
    if (below !== undefined) add(open(line.indent).tests, asUnfinished(below));
    const level = open(line.indent);
    // The list before it has ended without a word.
    if (level.tests.length === 0 || !isAgain(line.kind, level)) return level;
    levels.pop();
    const above = top();
    if (above === undefined && level.name === undefined) roots.push(...finished(level));
    else add(above?.tests ?? roots, asUnfinished(level));
    return open(line.indent);
  }

  /** In TAP what is said of a failure stands behind its result; in KTAP before it. */
  function addBehind(): void {
    const before = top()?.tests ?? [];
    const last = before.at(-1);
    const words = said.filter((each) => each.trimStart().startsWith('#'));
    if (isKtap || last?.outcome !== 'failed' || words.length === 0) return;
    const message = [last.message, ...words].filter((each) => each !== '').join('\n');
    before[before.length - 1] = { ...last, message };
  }

  function end(line: KtapResult & { readonly indent: number }): void {
    const below = closeBelow(line.indent);
    const level = open(line.indent);
    add(level.tests, asNode(line, below, said, complaint));
  }

  for (const each of text.split('\n')) {
    const line = readKtapLine(each);
    if (line.kind === 'other') {
      if (said.length < mostSaid && line.text !== '' && !count.test(line.text)) {
        said.push(line.text);
      }
      continue;
    }
    if (line.kind === 'version') isKtap = line.isKtap;
    if (line.kind !== 'result' || line.ok) addBehind();
    if (line.kind === 'result') end(line);
    else {
      const level = begin(line);
      if (line.kind !== 'subtest') level.announced = true;
      if (line.kind === 'subtest') level.name = line.name;
      if (line.kind === 'plan') {
        level.plan = line.tests;
        level.skip = line.skip;
      }
    }
    said = [];
  }
  addBehind();
  addRunning(top(), said, cut, complaint);
  const lost = leftOut(tests, tooDeep);
  const last = closeBelow(levels[0]?.indent ?? 0);
  const [root] = levels;
  levels = [];
  if (root === undefined) return [...roots, ...lost];
  if (last !== undefined) root.tests.push(asUnfinished(last));
  // A list that nobody has ended, of a suite by its name.
  if (root.name !== undefined) return [...roots, asUnfinished(root), ...lost];
  return [...roots, ...finished(root), ...lost];
}

/** A failure in the place of results that are not kept: they may be failures, too. */
function leftOut(tests: number, tooDeep: boolean): readonly TestNode[] {
  const why = [
    ...(tests > mostTests
      ? [`${tests - mostTests} results beyond ${mostTests} are not kept.`]
      : []),
    ...(tooDeep ? [`Results deeper than ${mostLevels} levels are not kept.`] : []),
  ];
  if (why.length === 0) return [];
  const message = why.join('\n');
  const name = 'results that are left out';
  return [{ name, outcome: 'failed', message, crash: undefined, tests: [] }];
}

/** Whether a list that has tests already begins another time. */
function isAgain(kind: KtapLine['kind'], { name, plan }: Level): boolean {
  if (kind === 'subtest') return name !== undefined;
  return kind === 'version' || plan !== undefined;
}

function asNode(
  { ok, name, directive, said: reason }: KtapResult,
  below: Level | undefined,
  said: readonly string[],
  complaint: KtapReading['complaint'],
): TestNode {
  // A kselftest may announce tests, tell of none, and say for all how they went.
  const tests = below === undefined || below.tests.length === 0 ? [] : finished(below);
  const outcome = outcomeOf(ok, directive);
  const crash = firstComplaint(said, complaint);
  const told = outcome === 'failed' ? [...said, reason] : [reason || (below?.skip ?? '')];
  return {
    name: name || below?.name || 'a test without a name',
    outcome,
    message: told.filter((each) => each !== '').join('\n'),
    crash,
    tests,
  };
}

function outcomeOf(ok: boolean, directive: string): TestOutcome {
  if (directive === 'SKIP') return 'skipped';
  if (directive === 'TODO' || directive === 'XFAIL') return 'todo';
  return ok ? 'passed' : 'failed';
}

function firstComplaint(
  said: readonly string[],
  complaint: KtapReading['complaint'],
): string | undefined {
  for (const line of said) {
    const words = complaint(line);
    if (words !== undefined) return words;
  }
  return undefined;
}

/** The test that was running when the output broke off. */
function addRunning(
  level: Level | undefined,
  said: readonly string[],
  cut: KtapReading['cut'],
  complaint: KtapReading['complaint'],
): void {
  if (level === undefined || cut === undefined) return;
  const isOpen =
    level.plan === undefined
      ? level.announced || level.name !== undefined
      : level.tests.length < level.plan;
  if (!isOpen) return;
  const crash = firstComplaint(said, complaint);
  level.tests.push({
    name: nameRunning(said) ?? `test ${level.tests.length + 1}`,
    outcome: cut === 'crashed' ? 'crashed' : 'failed',
    message: ['It had not ended.', ...said].join('\n'),
    crash,
    tests: [],
  });
}

/** The tests of a level, and one for all those that its plan has and nobody has heard of. */
function finished({ tests, plan = 0 }: Level): readonly TestNode[] {
  const missing = plan - tests.length;
  if (missing <= 0) return tests;
  const first = tests.length + 1;
  const name = missing === 1 ? `test ${first}` : `tests ${first} to ${plan}`;
  const message = `Planned, and without a result.`;
  return [...tests, { name, outcome: 'not-run', message, crash: undefined, tests: [] }];
}

/** A level without the result that its parent gives. */
function asUnfinished(level: Level): TestNode {
  const tests = finished(level);
  const worst = (['crashed', 'failed'] as const).find((outcome) =>
    tests.some((test) => test.outcome === outcome),
  );
  return {
    name: level.name ?? 'a suite without a name',
    outcome: worst ?? 'not-run',
    message: worst === undefined ? 'It has no result of its own.' : '',
    crash: undefined,
    tests,
  };
}
