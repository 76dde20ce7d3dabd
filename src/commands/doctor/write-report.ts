import { basename, resolve } from 'node:path';
import { writeFileAtomically } from '../../system/atomic-file.ts';
import { loadConfig } from '../../config/load.ts';
import type { Context, GlobalOptions } from '../../context.ts';
import { UtopiaError, type ExitStatus, exitStatus } from '../../errors.ts';
import { describeUnmade } from '../../system/out-of-space.ts';
import { gatherSecrets } from '../../host/gather/secrets.ts';
import { redact } from '../../host/redact.ts';
import { homeFolder } from '../../system/places.ts';
import { namedFileMode } from '../../system/umask.ts';
import { wrapText } from '../../ui/lines.ts';
import { renderReport, reportHeading } from '../../ui/report-file.ts';
import { utopiaVersion } from '../../version.ts';
import { examineHost, openHost, type ExamineOptions } from './examine.ts';
import { FileRefusal, readRegularText } from '../../system/regular-file.ts';

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
  const { terminal, cwd, env } = context;
  const file = resolve(cwd, label);
  if (label !== '-') await refuseOthers(file, label);
  const { report, facts } = await examineHost(context, globals, {
    ...options,
    only: new Set(),
    work: [],
    alsoMake: options.only,
  });
  const home = homeFolder(env);
  const machineFile = globals.machine?.file;
  const config = await loadConfig({ cwd, file: globals.config, machineFile, env, home });
  const text = renderReport({
    report,
    facts,
    config,
    utopiaVersion,
    nodeVersion: process.version,
    now: context.now(),
  });
  const source = await openHost(context, options.root);
  const secrets = await gatherSecrets(source, home, facts.account, facts.device);
  const redacted = redact(text, secrets);
  if (label === '-') terminal.outWhole(redacted.trimEnd());
  else {
    await write(file, label, redacted);
    if (globals.json) terminal.json({ schema: 1, file, verdict: report.verdict });
    else {
      terminal.out(wrapText(report.summary, terminal.columns).join('\n'));
      terminal.out(`Wrote ${label}. Read it before you hand it on.`);
    }
  }
  return report.verdict === 'not-ready' ? exitStatus.unavailable : exitStatus.ok;
}

async function refuseOthers(file: string, label: string): Promise<void> {
  const text = await readRegularText(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    // What is no file, or too large for a report of ours, is none.
    if (error instanceof FileRefusal) return '';
    throw cannotWrite(file, label, error);
  });
  if (text === undefined || text.startsWith(reportHeading)) return;
  throw new UtopiaError('file-exists', `${label} exists already, and is no report of utopia's.`, {
    hint: `Name another file: utopia doctor --report ${basename(label)}.txt`,
  });
}

async function write(file: string, label: string, text: string): Promise<void> {
  try {
    await writeFileAtomically(file, text, { mode: namedFileMode() });
  } catch (error) {
    throw cannotWrite(file, label, error);
  }
}

function cannotWrite(file: string, label: string, error: unknown): UtopiaError {
  const hint = 'Name a file in a folder in which you may write, or - to print it.';
  return describeUnmade(`${label} cannot be written`, file, error, hint);
}
