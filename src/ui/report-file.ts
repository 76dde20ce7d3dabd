import type { ConfigReport } from '../config/config-report.ts';
import type { HostFacts } from '../host/facts/machine-facts.ts';
import type { HostReport } from '../host/report-types.ts';
import { quoteForShell } from '../text/shell-words.ts';
import { formatBytes } from '../text/format.ts';
import { showInLine } from '../text/harmless.ts';

/** What a report is written from; nothing else gets into it. */
export interface ReportInput {
  readonly report: HostReport;
  readonly facts: HostFacts;
  readonly config: ConfigReport;
  readonly utopiaVersion: string;
  readonly nodeVersion: string;
  readonly now: Date;
}

interface Section {
  readonly title: string;
  /** What it holds, for the documentation. */
  readonly holds: string;
  readonly lines: (input: ReportInput) => readonly string[];
}

/** Its first line, by which a report of ours is known. */
export const reportHeading = 'utopia doctor: report';

/** Everything that a report may hold. docs/doctor.md lists the same; a test compares. */
export const reportSections: readonly Section[] = [
  {
    title: 'Verdict',
    holds: 'verdict, accelerator, the summary, the time (UTC)',
    lines: ({ report, now }) => [
      `${report.verdict}, accelerator ${report.accel}`,
      report.summary,
      `written ${now.toISOString()}`,
    ],
  },
  {
    title: 'Versions',
    holds: 'versions of utopia, Node, the kernel, the distribution and QEMU, and where QEMU is',
    lines: ({ facts: { machine, qemu }, utopiaVersion, nodeVersion }) => [
      `utopia ${utopiaVersion}, Node ${nodeVersion}`,
      `kernel ${machine.kernel ?? 'unknown'}, ${machine.arch ?? 'unknown'}, ${machine.os.prettyName}`,
      `QEMU ${qemu.features?.version ?? 'unknown'}: ${qemu.binary ?? 'not found'}, ${qemu.imgBinary ?? 'no qemu-img'}`,
    ],
  },
  {
    title: 'Machine',
    holds:
      "the processor's model, the vendor that the firmware names, memory and room on the lab's disk, KVM's modules, times of the canaries",
    lines: ({ facts: { machine, modules, resources, kvm, emulation } }) => [
      `${machine.cpu?.modelName ?? 'processor unknown'}, ${machine.cpu?.processors.length ?? '?'} processors`,
      `vendor ${machine.vendor ?? 'unknown'}`,
      `memory ${bytes(resources.memory?.availableBytes)} available of ${bytes(resources.memory?.totalBytes)}, disk ${bytes(resources.space?.availableBytes)} available`,
      `modules ${[...modules.loaded].join(', ') || 'none of KVM or others'}`,
      `canaries: KVM ${kvm?.kvmMs ?? '?'} ms, emulation ${kvm?.tcgMs ?? emulation?.ms ?? '?'} ms`,
    ],
  },
  {
    title: 'Checks',
    holds: 'every check with its status, message, cause, reason, evidence and fix',
    lines: ({ report }) => report.checks.flatMap(checkLines),
  },
  {
    title: 'Configuration',
    holds:
      'every key of utopia.config with its value and where that comes from, .env included (nothing else of that); warnings and errors',
    lines: ({ config }) => [
      config.fileExists ? config.file : `${config.file} (not there)`,
      ...Object.entries(config.values).map(([key, { value, origin, line }]) => {
        const place = `${origin === 'dotenv' ? '.env ' : ''}${line === undefined ? origin : `line ${line}`}`;
        return `${key} = ${written(value)} (${place})`;
      }),
      ...config.warnings.map((warning) => `warning, ${placeOf(warning)}: ${warning.message}`),
      ...config.errors.map((error) => `error, ${placeOf(error)}: ${error.message}`),
    ],
  },
  {
    title: 'Gaps',
    holds: 'probes that failed or did not answer in time, with the reason',
    lines: ({ facts: { gaps } }) =>
      gaps.size === 0 ? ['none'] : [...gaps].map(([name, reason]) => `${name}: ${reason}`),
  },
];

/** The report as text, before names and numbers are taken out. Pure. */
export function renderReport(input: ReportInput): string {
  const sections = reportSections.flatMap(({ title, lines }) => [
    '',
    `== ${title}`,
    ...lines(input).map((line) => showInLine(line.replaceAll(/[\r\n]/g, ' '))),
  ]);
  return [reportHeading, ...sections, ''].join('\n');
}

function checkLines({
  id,
  status,
  message,
  cause,
  because,
  why,
  evidence = [],
  fix,
}: HostReport['checks'][number]): string[] {
  const reason = cause ?? (because === undefined ? undefined : `because of ${because}`);
  return [
    `${status.padEnd(7)} ${id}: ${message}${reason === undefined ? '' : ` [${reason}]`}`,
    ...(why === undefined ? [] : [`        why ${why}`]),
    ...evidence.map(({ path, value }) => `        saw ${path}: ${value}`),
    ...(fix?.advice === undefined ? [] : [`        fix ${fix.advice}`]),
    ...(fix?.commands ?? []).map(
      ({ argv, root }) =>
        `        fix ${root ? 'as root: ' : ''}${argv.map(quoteForShell).join(' ')}`,
    ),
  ];
}

function placeOf({ line, file }: ConfigReport['warnings'][number]): string {
  return `${file === undefined ? '' : '.env '}line ${line ?? '-'}`;
}

function bytes(count: number | undefined): string {
  return count === undefined ? 'unknown' : formatBytes(count);
}

function written(value: ConfigReport['values'][keyof ConfigReport['values']]['value']): string {
  if (value === null) return '(found out)';
  return typeof value === 'object' ? value.map(quoteForShell).join(' ') || '(none)' : String(value);
}
