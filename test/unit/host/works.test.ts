import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Chalk } from 'chalk';
import { describe, expect, it } from 'vitest';
import { runChecks } from '../../../src/host/assess.ts';
import type { CheckResult } from '../../../src/host/check.ts';
import { checks, readCheckIds } from '../../../src/host/checks/table.ts';
import type { HostFacts } from '../../../src/host/facts/machine-facts.ts';
import { planFixes } from '../../../src/host/fixes/plan-fixes.ts';
import { gatherHost } from '../../../src/host/gather/host.ts';
import { decideVerdict } from '../../../src/host/host-report.ts';
import type { HostReport } from '../../../src/host/report-types.ts';
import { openFixture } from '../../../src/host/source/fixture-source.ts';
import {
  checksOf,
  doctorCommand,
  needsOf,
  readWorks,
  workNeeds,
  works,
  type Work,
} from '../../../src/host/works.ts';
import { renderDoctor } from '../../../src/ui/doctor.ts';
import { sampleLab } from './sample-lab.ts';

const hosts = join(import.meta.dirname, '../../../fixtures/hosts');

/** What `works` of a tree's expected.json says about each work. */
interface ExpectedWork {
  readonly verdict: HostReport['verdict'];
  readonly problems: Readonly<Record<string, string>>;
  /** The last command of `--fix`; null where it installs nothing. */
  readonly installs: string | null;
}

interface Judged {
  readonly facts: HostFacts;
  readonly results: readonly CheckResult[];
  readonly report: HostReport;
}

async function judge(name: string, wanted: readonly Work[]): Promise<Judged> {
  const source = await openFixture(join(hosts, name));
  const lab = sampleLab();
  const only = new Set(checksOf(wanted));
  const facts = await gatherHost(source, {
    config: lab.config,
    overlayFolder: '/home/alice/lab',
    work: needsOf(only, lab.imageNeeds),
    signal: new AbortController().signal,
  });
  const results = runChecks(checks, { facts, lab, requireKvm: false });
  const options = { facts, wanted: 'auto', only, work: wanted, requireKvm: false } as const;
  return { facts, results, report: decideVerdict(results, options) };
}

function lastInstall({ facts, results }: Judged, wanted: readonly Work[]): string | null {
  const byId = new Map(results.map((result) => [result.id, result]));
  const plan = planFixes(
    { facts, results: byId, suffix: 'copy', editSetting: () => ({ refused: 'not here' }) },
    new Set(checksOf(wanted)),
  );
  return plan.units.at(-1)?.commands.at(-1)?.argv.join(' ') ?? null;
}

const cases = readdirSync(hosts).flatMap((name) => {
  const { works: expected = {} } = JSON.parse(
    readFileSync(join(hosts, name, 'expected.json'), 'utf8'),
  ) as { readonly works?: Readonly<Record<Work, ExpectedWork>> };
  return works.flatMap((work) => {
    const one = expected[work as keyof typeof expected] as ExpectedWork | undefined;
    return one === undefined ? [] : [[name, work, one] as const];
  });
});

it.each(cases)('%s, for %s', async (name, work, expected) => {
  const judged = await judge(name, [work]);
  const { checks: shown, verdict } = judged.report;
  const problems = shown.filter(({ status }) => status === 'warn' || status === 'fail');
  expect(Object.fromEntries(problems.map(({ id, cause }) => [id, cause]))).toEqual(
    expected.problems,
  );
  expect(verdict).toBe(expected.verdict);
  expect(shown.map(({ id }) => id).toSorted()).toEqual(checksOf([work]).toSorted());
  expect(lastInstall(judged, [work])).toBe(expected.installs);
  const style = {
    ...{ columns: 80, color: new Chalk({ level: 0 }), asRoot: false },
    symbols: { ok: 'ok', warn: '!', fail: 'x', info: '-' },
    command: doctorCommand([work]),
  };
  for (const verbose of [true, false]) {
    const lines = renderDoctor(judged.report, { ...style, verbose });
    expect(lines.filter((line) => line.length > 80)).toEqual([]);
  }
});

describe('several works', () => {
  it('share their checks, and are installed by one command', async () => {
    const judged = await judge('builds-some-things', ['kernel', 'qemu']);
    const { summary, checks: shown } = judged.report;
    expect(summary).toBe('This host cannot build a kernel and QEMU yet: flex is missing.');
    expect(shown.filter(({ id }) => id === 'build.compiler')).toHaveLength(1);
    expect(lastInstall(judged, ['kernel', 'qemu'])).toMatch(
      / flex libelf-dev dwarves python3-venv libslirp-dev libattr1-dev$/,
    );
  });

  it('are all there where nothing is missing', async () => {
    const { report } = await judge('builds-everything', works);
    expect(report.summary).toBe(
      'This host can build a kernel, QEMU, a module and an image: all that it takes is here.',
    );
    expect(report.checks.find(({ id }) => id === 'module.headers')?.message).toContain('running');
  });
});

it('a lab waits for nothing that only work needs', async () => {
  const { facts, results } = await judge('no-qemu-arch', works);
  const options = { facts, wanted: 'auto', only: new Set<string>(), requireKvm: false } as const;
  const report = decideVerdict(results, options);
  expect(report.checks.some(({ group }) => group === 'Work')).toBe(false);
  expect(report.summary).toContain('QEMU is not installed');
});

it('root builds images without newuidmap', async () => {
  const source = await openFixture(join(hosts, 'builds-some-things'));
  const lab = sampleLab();
  const facts = await gatherHost(
    { ...source, user: { name: 'root', uid: 0, gid: 0 } },
    {
      config: lab.config,
      overlayFolder: '/root',
      work: needsOf(new Set(['image.tools']), lab.imageNeeds),
      signal: new AbortController().signal,
    },
  );
  expect(facts.work?.findings.get('image.tools')?.missing).toEqual([]);
});

it('has a check for every list of needs, and the other way round', () => {
  const group = checks.filter((check) => check.group === 'Work').map(({ id }) => id);
  expect(workNeeds.map(({ id }) => id).toSorted()).toEqual(group.toSorted());
});

it('reads work with spaces or commas between, in one order', () => {
  expect(readWorks(['image,kernel', 'kernel'])).toEqual(['kernel', 'image']);
  expect(readWorks([])).toEqual([]);
  expect(() => readWorks(['kernel,nix'])).toThrow('--for does not know nix.');
});

it('reads ids of checks with spaces or commas between, each once', () => {
  const [one, other] = checks.map(({ id }) => id);
  expect(readCheckIds([`${one},${other}`, one ?? ''])).toEqual(new Set([one, other]));
  expect(readCheckIds([])).toEqual(new Set());
  for (const id of ['', 'nix', '__proto__'])
    expect(() => readCheckIds([id])).toThrow(`There is no check ${id}.`);
});
