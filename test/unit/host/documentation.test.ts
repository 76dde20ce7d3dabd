import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Chalk } from 'chalk';
import { expect, it } from 'vitest';
import { withChecks } from '../../../scripts/write-docs.ts';
import { checks } from '../../../src/host/checks/table.ts';
import { explanations, pageOf } from '../../../src/host/explain/pages.ts';
import { reportSections } from '../../../src/ui/report-file.ts';
import { renderPage } from '../../../src/ui/explain.ts';

it('docs/doctor.md says about the checks what --explain says (npm run docs writes it)', () => {
  const text = readFileSync(join(import.meta.dirname, '../../../docs/doctor.md'), 'utf8');
  expect(text).toBe(withChecks(text));
  for (const { id } of checks) expect(text).toContain(`### \`${id}\``);
});

it('docs/doctor.md lists what a report holds', () => {
  const text = readFileSync(join(import.meta.dirname, '../../../docs/doctor.md'), 'utf8');
  const [, listed = ''] = /<!-- report: .*? -->\n([\s\S]*)<!-- end of report -->/.exec(text) ?? [];
  const titles = [...listed.matchAll(/^- \*\*(.*)\*\*: /gm)].map(([, title]) => title);
  expect(titles).toEqual(reportSections.map(({ title }) => title));
});

it('explains every check and every cause of it, and nothing else', () => {
  expect(Object.keys(explanations)).toEqual(checks.map(({ id }) => id));
  for (const { id, causes } of checks) {
    expect([id, Object.keys(explanations[id]?.causes ?? {})]).toEqual([id, causes]);
  }
});

it.each(checks.map((check) => [check.id, check] as const))(
  '%s: a page of 80 columns',
  (_, check) => {
    const lines = renderPage(pageOf(check), { columns: 80, color: new Chalk({ level: 0 }) });
    expect(lines.filter((line) => line.length > 80)).toEqual([]);
  },
);
