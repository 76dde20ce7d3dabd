import type { Page } from '../host/explain/pages.ts';
import { wrapText } from './lines.ts';
import type { DoctorStyle } from './doctor.ts';

/** `doctor --explain`: a page about a check for a terminal. */
export function renderPage(page: Page, style: Pick<DoctorStyle, 'columns' | 'color'>): string[] {
  const { columns, color } = style;
  const { id, title, about, reads, causes } = page;
  const block = (text: string, indent: number): string[] =>
    wrapText(text, columns - indent).map((line) => `${' '.repeat(indent)}${line}`);
  return [
    `${color.bold(id)}: ${title}`,
    '',
    ...block(about, 2),
    '',
    ...block(`Reads: ${reads.replaceAll('`', '')}.`, 2),
    ...(causes.length === 0 ? ['', '  Never a problem by itself.'] : []),
    ...causes.flatMap(({ cause, means, fix }) => [
      '',
      `  ${color.bold(cause)}`,
      ...block(means, 4),
      ...block(`Do: ${fix}`, 4),
    ]),
  ];
}
