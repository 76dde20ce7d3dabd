// `npm run docs`: writes the parts of docs/doctor.md that come from the table of checks and from measured verdicts.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { checks } from '../src/host/checks/table.ts';
import { reportSections } from '../src/ui/report-file.ts';
import { documentVerdicts } from './verdict-table.ts';
import { documentChecks } from '../src/host/explain/pages.ts';

const file = join(import.meta.dirname, '../docs/doctor.md');

/** The text with everything between the markers written anew. */
export function withChecks(text: string): string {
  return text
    .replace(
      /(<!-- checks: .*? -->\n)[\s\S]*(<!-- end of checks -->)/,
      (_, start: string, end: string) => `${start}\n${documentChecks(checks)}\n\n${end}`,
    )
    .replace(
      /(<!-- verdicts: .*? -->\n)[\s\S]*(<!-- end of verdicts -->)/,
      (_, start: string, end: string) => `${start}\n${documentVerdicts()}\n\n${end}`,
    )
    .replace(
      /(<!-- report: .*? -->\n)[\s\S]*(<!-- end of report -->)/,
      (_, start: string, end: string) => `${start}\n${documentReport()}\n\n${end}`,
    );
}

function documentReport(): string {
  return reportSections.map(({ title, holds }) => `- **${title}**: ${holds}.`).join('\n');
}

if (process.argv[1] === import.meta.filename) {
  writeFileSync(file, withChecks(readFileSync(file, 'utf8')));
}
