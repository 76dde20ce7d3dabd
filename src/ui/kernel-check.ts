import { wrapText } from './lines.ts';

interface Finding {
  readonly option: string;
  readonly want: string;
  readonly have: string;
  readonly effect: string;
  readonly menu: string;
  readonly cost: 'stops' | 'initramfs' | 'feature';
}

/** What is shown of a judged config. */
export interface ShownJudgement {
  readonly verdict: 'boots' | 'needs-initramfs' | 'will-not-boot';
  readonly headline: string | undefined;
  readonly findings: readonly Finding[];
}

/** What `kernel check --json` says; scripts rely on it. */
export function verdictRecord(
  { file, version }: { readonly file: string; readonly version: string | undefined },
  { verdict, findings }: ShownJudgement,
): object {
  return {
    schema: 1,
    source: file,
    version: version ?? null,
    verdict,
    findings: findings.map(({ option, want, have, effect, menu }) => {
      return { option, want, have, effect, menu };
    }),
  };
}

/** The verdict in a sentence, as the first line. */
export function sayVerdict({ verdict, headline }: ShownJudgement): string {
  const why = headline === undefined ? '' : `: ${headline}`;
  if (verdict === 'boots') return 'boots as it is, without an initramfs';
  if (verdict === 'needs-initramfs') return `needs an initramfs; without one${why}`;
  return `will not boot${why}`;
}

const headings = {
  stops: 'It does not come to SSH because of:',
  initramfs: 'These need an initramfs as they are:',
  feature: 'It comes up all the same, with these limits:',
} as const;

/** A paragraph a finding: the option, what it is, what happens, where to change it. */
export function listKernelFindings(findings: readonly Finding[], width: number): string[] {
  return (['stops', 'initramfs', 'feature'] as const).flatMap((cost) => {
    const some = findings.filter((each) => each.cost === cost);
    if (some.length === 0) return [];
    return ['', headings[cost], ...some.flatMap((each) => describe(each, width))];
  });
}

function describe({ option, want, have, effect, menu }: Finding, width: number): string[] {
  const wanted = want.replace('|', ' or ');
  const state =
    want === 'n'
      ? 'is set, and should not be'
      : `is ${have === 'm' ? 'm' : 'not set'}, should be ${wanted}`;
  const indent = ' '.repeat(4);
  return [
    `  ${option} ${state}`,
    ...wrapText(effect, width - indent.length).map((line) => indent + line),
    ...wrapText(`menu: ${menu}`, width - indent.length, '  ').map((line) => indent + line),
  ];
}
