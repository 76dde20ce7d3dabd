import { resolve } from 'node:path';
import type { Context, GlobalOptions } from '../../context.ts';
import { type ExitStatus, exitStatus } from '../../errors.ts';
import type { ExamineOptions } from '../../lifecycle/doctor/examine-host.ts';
import {
  gatherReportedHost,
  refuseOtherFile,
  writeReport,
} from '../../lifecycle/doctor/redacted-report.ts';
import { wrapText } from '../../ui/lines.ts';
import { renderReport, reportHeading } from '../../ui/report-file.ts';
import { utopiaVersion } from '../../version.ts';

/**
 * `utopia doctor --report FILE`: one text file to hand on, without names of people,
 * hosts and machines; `-` prints it. A file that is no earlier report is not
 * replaced (`file-exists`). Gives 69 when labs cannot run, as doctor does.
 */
export async function runDoctorReport(
  context: Context,
  globals: GlobalOptions,
  options: ExamineOptions,
  label: string,
): Promise<ExitStatus> {
  const { terminal, cwd } = context;
  const file = resolve(cwd, label);
  if (label !== '-') await refuseOtherFile(file, label, reportHeading);
  const { report, facts, config, redact } = await gatherReportedHost(context, globals, options);
  const nodeVersion = process.version;
  const now = context.now();
  const text = redact(renderReport({ report, facts, config, utopiaVersion, nodeVersion, now }));
  if (label === '-') terminal.outWhole(text.trimEnd());
  else {
    await writeReport(file, label, text);
    if (globals.json) terminal.json({ schema: 1, file, verdict: report.verdict });
    else {
      terminal.out(wrapText(report.summary, terminal.columns).join('\n'));
      terminal.out(`Wrote ${label}. Read it before you hand it on.`);
    }
  }
  return report.verdict === 'not-ready' ? exitStatus.unavailable : exitStatus.ok;
}
