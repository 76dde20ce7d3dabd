import type { Check } from '../check.ts';
import { deviceExplanations } from './device.ts';
import { hostExplanations } from './host.ts';
import { labExplanations } from './lab.ts';
import { processorExplanations } from './processor.ts';
import { qemuExplanations } from './qemu.ts';
import { workExplanations } from './work.ts';
import type { CauseExplanation, Explanation } from './cause-explanation.ts';

/** The page about each check, by its id. */
export const explanations: Readonly<Record<string, Explanation>> = {
  ...hostExplanations,
  ...processorExplanations,
  ...deviceExplanations,
  ...qemuExplanations,
  ...labExplanations,
  ...workExplanations,
};

/** A page about one check, from the table of checks and the explanations. */
export interface Page extends Pick<Check, 'id' | 'title' | 'reads'> {
  readonly about: string;
  readonly causes: readonly (CauseExplanation & { readonly cause: string })[];
}

/** Throws for a check without an explanation, or a cause of it: a test holds the two tables equal. */
export function pageOf({ id, title, reads, causes }: Check): Page {
  const explanation = explanations[id];
  if (explanation === undefined) throw new Error(`${id} is not explained`);
  return {
    id,
    title,
    reads,
    about: explanation.about,
    causes: causes.map((cause) => {
      const explained = explanation.causes[cause];
      if (explained === undefined) throw new Error(`${cause} of ${id} is not explained`);
      return { cause, ...explained };
    }),
  };
}

/** Text as it may stand in a cell of a table. */
function plain(text: string): string {
  return text.replaceAll('|', '\\|');
}

/** A page as a section of docs/doctor.md. */
function pageAsMarkdown({ id, title, reads, about, causes }: Page): string {
  const table = [
    '',
    '| cause | it means | what to do |',
    '| --- | --- | --- |',
    ...causes.map(({ cause, means, fix }) => `| \`${cause}\` | ${plain(means)} | ${plain(fix)} |`),
  ];
  return [
    `### \`${id}\`: ${title}`,
    '',
    about,
    '',
    `Reads: ${reads}.`,
    ...(causes.length === 0 ? [] : table),
  ].join('\n');
}

/** The part of docs/doctor.md about the checks: an overview, then a page each. */
export function documentChecks(checks: readonly Check[]): string {
  const overview = checks.map(
    ({ id, group, title }) => `| [\`${id}\`](#${anchorOf(id, title)}) | ${group} | ${title} |`,
  );
  return [
    '| id | group | about |',
    '| --- | --- | --- |',
    ...overview,
    '',
    checks.map((check) => pageAsMarkdown(pageOf(check))).join('\n\n'),
  ].join('\n');
}

/** A heading's anchor as forges make it: small letters, digits and hyphens. */
function anchorOf(id: string, title: string): string {
  return `${id} ${title}`
    .toLowerCase()
    .replaceAll(/[^\p{L}\d -]/gu, '')
    .replaceAll(' ', '-');
}
