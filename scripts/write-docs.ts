// `npm run docs`: writes the parts of docs/doctor.md that come from the table of checks and from
// measured verdicts, and the list of docs/images.md that comes from the table of promises.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bootPromises } from '../src/guest/boot-promises.ts';
import { checks } from '../src/host/checks/table.ts';
import { reportSections } from '../src/ui/report-file.ts';
import { documentVerdicts } from './verdict-table.ts';
import { documentChecks } from '../src/host/explain/pages.ts';

const file = join(import.meta.dirname, '../docs/doctor.md');
const imagesFile = join(import.meta.dirname, '../docs/images.md');

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

/** The text of docs/images.md with what a boot is asked for written anew. */
export function withPromises(text: string): string {
  const rows = bootPromises.map(
    ({ id, promise, profiles }) =>
      `| \`${id}\` | ${promise}${profiles === undefined ? '' : ` (${profiles.join(', ')})`} |`,
  );
  const table = ['| point | what is asked for |', '| --- | --- |', ...rows].join('\n');
  return text.replace(
    /(<!-- promises: .*? -->\n)[\s\S]*(<!-- end of promises -->)/,
    (_, start: string, end: string) => `${start}\n${table}\n\n${end}`,
  );
}

function documentReport(): string {
  return reportSections.map(({ title, holds }) => `- **${title}**: ${holds}.`).join('\n');
}

if (process.argv[1] === import.meta.filename) {
  writeFileSync(file, withChecks(readFileSync(file, 'utf8')));
  writeFileSync(imagesFile, withPromises(readFileSync(imagesFile, 'utf8')));
}
