import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What the programs said of one host in one state: `yes`, `no` or `absent`, and the truth. */
interface VerdictRow {
  readonly host: string;
  readonly state: string;
  readonly 'kvm-ok': string;
  readonly 'virt-host-validate': string;
  readonly utopia: string;
  readonly 'linux-boots': string;
}

const programs = ['kvm-ok', 'virt-host-validate', 'utopia'] as const;

/** Measured rows: `npm run test:kvm` with UTOPIA_RECORD_VERDICTS, and scripts/kvm-verdicts.sh. */
const file = join(import.meta.dirname, '../docs/kvm-verdicts.json');

/** The comparison as a Markdown table, with what was wrong in bold and counted below. */
export function documentVerdicts(): string {
  const rows = JSON.parse(readFileSync(file, 'utf8')) as readonly VerdictRow[];
  const cell = (row: VerdictRow, program: (typeof programs)[number]): string =>
    row[program] === row['linux-boots'] ? row[program] : `**${row[program]}**`;
  const lines = rows.map((row) => [
    row.host,
    row.state,
    row['linux-boots'],
    ...programs.map((program) => cell(row, program)),
  ]);
  const wrong = programs.map((program) =>
    String(rows.filter((row) => row[program] !== row['linux-boots']).length),
  );
  const table = [
    ['host', 'state', 'a Linux boots with KVM', ...programs],
    ['---', '---', '---', ...programs.map(() => '---')],
    ...lines,
    ['', 'wrong', '', ...wrong],
  ];
  return table.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
