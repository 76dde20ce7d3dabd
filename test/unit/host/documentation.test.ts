import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { checks } from '../../../src/host/checks/table.ts';

const file = join(import.meta.dirname, '../../../docs/doctor.md');

function tableOfChecks(): string {
  const rows = checks.map(
    ({ id, title, reads, causes }) =>
      `| \`${id}\` | ${title} | ${reads.replaceAll('|', '\\|')} | ${causes.map((cause) => `\`${cause}\``).join(', ') || '–'} |`,
  );
  return ['| id | about | reads | causes |', '| --- | --- | --- | --- |', ...rows].join('\n');
}

it('docs/doctor.md lists the checks as they are', () => {
  const text = readFileSync(file, 'utf8');
  const expected = text.replace(
    /(<!-- checks: .*? -->\n)[\s\S]*(<!-- end of checks -->)/,
    (_, start: string, end: string) => `${start}\n${tableOfChecks()}\n\n${end}`,
  );
  if (process.env['UPDATE_DOCS'] === '1') writeFileSync(file, expected);
  else expect(text).toBe(expected);
});
