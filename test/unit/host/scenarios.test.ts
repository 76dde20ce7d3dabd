import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Chalk } from 'chalk';
import { describe, expect, it } from 'vitest';
import { runChecks } from '../../../src/host/assess.ts';
import type { CheckResult, CheckStatus } from '../../../src/host/check.ts';
import { checks } from '../../../src/host/checks/table.ts';
import { gatherHost } from '../../../src/host/gather/host.ts';
import { decideVerdict } from '../../../src/host/host-report.ts';
import type { HostReport } from '../../../src/host/report-types.ts';
import { openFixture } from '../../../src/host/source/fixture-source.ts';
import { renderDoctor } from '../../../src/ui/doctor.ts';
import { sampleLab } from './sample-lab.ts';

const hosts = join(import.meta.dirname, '../../../fixtures/hosts');

/** What a tree's expected.json says. */
interface Expected {
  readonly verdict: HostReport['verdict'];
  readonly accel: HostReport['accel'];
  /** Checks that warn or fail, with their causes. */
  readonly problems: Readonly<Record<string, string>>;
  readonly status?: Readonly<Record<string, CheckStatus>>;
  /** A pattern for everything that a check says. */
  readonly says?: Readonly<Record<string, string>>;
  /** The first commands of a check's fix. */
  readonly fix?: Readonly<Record<string, readonly string[]>>;
  /** Patterns for the fix of a check, each of which has to match. */
  readonly remedy?: Readonly<Record<string, readonly string[]>>;
  /** Patterns that the fix of no problem may match: another host's remedies. */
  readonly never?: readonly string[];
  /** Other problems may be found, too. */
  readonly loose?: boolean;
}

async function examine(name: string, requireKvm = false): Promise<HostReport> {
  const source = await openFixture(join(hosts, name));
  const lab = sampleLab({
    sshPort: Number(source.env['UTOPIA_SSH_PORT'] ?? 22_223),
    login: source.env['UTOPIA_LOGIN'] === 'key' ? 'key' : 'password',
  });
  const facts = await gatherHost(source, {
    config: lab.config,
    overlayFolder: '/home/alice/lab',
    signal: new AbortController().signal,
  });
  const results = runChecks(checks, { facts, lab, requireKvm });
  return decideVerdict(results, { facts, wanted: 'auto', only: new Set(), requireKvm });
}

/** The fix of a check as its reader sees it: advice, commands, reasons. */
function remedyOf(result: CheckResult | undefined): string {
  return JSON.stringify(result?.fix?.commands.map(({ argv }) => argv.join(' ')) ?? []).concat(
    JSON.stringify(result?.fix ?? ''),
  );
}

function matching(pattern: string): unknown {
  return expect.stringMatching(new RegExp(pattern));
}

function problemsOf(report: HostReport): Record<string, string | undefined> {
  const problems = report.checks.filter(({ status }) => status === 'warn' || status === 'fail');
  return Object.fromEntries(problems.map(({ id, cause }) => [id, cause]));
}

describe.each(readdirSync(hosts))('%s', (name) => {
  const expected = JSON.parse(readFileSync(join(hosts, name, 'expected.json'), 'utf8')) as Expected;

  it('gets the expected verdict, for the expected causes', async () => {
    const report = await examine(name);
    expect([report.verdict, report.accel, report.summary]).toEqual([
      expected.verdict,
      expected.accel,
      report.summary,
    ]);
    if (expected.loose === true) expect(problemsOf(report)).toMatchObject(expected.problems);
    else expect(problemsOf(report)).toEqual(expected.problems);
    const byId = new Map(report.checks.map((result) => [result.id, result]));
    for (const [id, status] of Object.entries(expected.status ?? {})) {
      expect([id, byId.get(id)?.status]).toEqual([id, status]);
    }
    for (const [id, pattern] of Object.entries(expected.says ?? {})) {
      expect(JSON.stringify(byId.get(id))).toMatch(new RegExp(pattern));
    }
    for (const [id, commands] of Object.entries(expected.fix ?? {})) {
      const shown = byId.get(id)?.fix?.commands.map(({ argv }) => argv.join(' ')) ?? [];
      expect(shown.slice(0, commands.length)).toEqual(commands);
    }
    for (const [id, patterns] of Object.entries(expected.remedy ?? {})) {
      const fix = remedyOf(byId.get(id));
      for (const pattern of patterns) expect([id, fix]).toEqual([id, matching(pattern)]);
    }
    const problems = report.checks.filter(({ status }) => status === 'warn' || status === 'fail');
    for (const pattern of expected.never ?? []) {
      const wrong = problems.filter((result) => new RegExp(pattern).test(remedyOf(result)));
      expect([pattern, wrong.map(remedyOf)]).toEqual([pattern, []]);
    }
  });

  it('has causes from the table only, and a next step for every problem', async () => {
    const report = await examine(name);
    for (const { id, cause, status, fix, because } of report.checks) {
      const check = checks.find((each) => each.id === id);
      if (cause !== undefined) expect(check?.causes).toContain(cause);
      if (because !== undefined) expect(checks.map((each) => each.id)).toContain(because);
      if (status !== 'warn' && status !== 'fail') continue;
      expect([id, fix?.commands.length !== 0 || fix.advice !== undefined]).toEqual([id, true]);
      // A number that is not known in here: where it is found.
      const unknownGroup = /group[-_]add\W*GID/.test(JSON.stringify(fix));
      if (unknownGroup) expect([id, JSON.stringify(fix)]).toEqual([id, matching('stat -c %g')]);
    }
  });

  it.each([true, false])('fits 80 columns (verbose: %s)', async (verbose) => {
    const report = await examine(name);
    const style = {
      columns: 80,
      color: new Chalk({ level: 0 }),
      symbols: { ok: 'ok', warn: '!', fail: 'x', info: '-' },
      asRoot: false,
    };
    const lines = renderDoctor(report, { ...style, verbose });
    expect(lines.filter((line) => line.length > 80)).toEqual([]);
    const narrow = renderDoctor(report, { ...style, columns: 40, verbose: false });
    expect(narrow.at(-1)?.length).toBeLessThanOrEqual(40);
    expect(lines[0]).toBe(report.summary.slice(0, lines[0]?.length));
  });

  it('is not ready with --require-kvm unless KVM works', async () => {
    const report = await examine(name, true);
    if (expected.accel !== 'kvm') expect(report.verdict).toBe('not-ready');
    else expect(report.verdict).toBe(expected.verdict);
  });
});

it.each([
  ['blacklisted', 'One thing to mend, below: utopia doctor --fix does it.'],
  ['not-in-group', 'One fix: sudo usermod -aG kvm alice'],
  ['static-node', '2 things to look at, below; utopia doctor --fix mends what it can.'],
  ['intel-bios-off', 'One thing to look at, below.'],
])('%s: the answer ends with "%s"', async (name, next) => {
  const style = {
    columns: 200,
    color: new Chalk({ level: 0 }),
    symbols: { ok: 'ok', warn: '!', fail: 'x', info: '-' },
    asRoot: false,
    verbose: false,
  };
  expect(renderDoctor(await examine(name), style)[1]).toContain(next);
});

it('hosts after a thread name its address', () => {
  const texts = readdirSync(hosts).map((name) =>
    readFileSync(join(hosts, name, 'host.json'), 'utf8'),
  );
  const threads = texts.flatMap((text) => {
    const { thread } = JSON.parse(text) as { readonly thread?: string };
    return thread === undefined ? [] : [thread];
  });
  expect(threads.filter((address) => !/^https:\/\/\S+\/\S+$/.test(address))).toEqual([]);
  expect(threads.length).toBeGreaterThan(40);
});
