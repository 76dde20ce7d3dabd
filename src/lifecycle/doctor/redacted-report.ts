import { basename } from 'node:path';
import { loadConfig } from '../../config/load-config.ts';
import type { ConfigReport } from '../../config/config-report.ts';
import { UtopiaError } from '../../errors.ts';
import { gatherSecrets } from '../../host/gather/secrets.ts';
import { redact } from '../../host/redact.ts';
import { writeFileAtomically } from '../../system/atomic-file.ts';
import { describeUnmade } from '../../system/out-of-space.ts';
import { homeFolder } from '../../system/places.ts';
import { FileRefusal, readRegularText } from '../../system/regular-file.ts';
import { namedFileMode } from '../../system/umask.ts';
import type { LifecycleContext, LifecycleOptions } from '../lifecycle-context.ts';
import { examineHost, openHost, type Examination, type ExamineOptions } from './examine-host.ts';

/** What a report to hand on is about. */
export interface ReportedHost extends Pick<Examination, 'report' | 'facts'> {
  readonly config: ConfigReport;
  /** Takes the names of people, hosts and machines out of a text about it. */
  readonly redact: (text: string) => string;
}

/** Examines the whole host for a report, with the checks of `options.only` besides. */
export async function gatherReportedHost(
  context: LifecycleContext,
  globals: LifecycleOptions,
  options: ExamineOptions,
): Promise<ReportedHost> {
  const { cwd, env } = context;
  const { report, facts } = await examineHost(context, globals, {
    ...options,
    only: new Set(),
    work: [],
    alsoMake: options.only,
  });
  const home = homeFolder(env);
  const machineFile = globals.machine?.file;
  const config = await loadConfig({ cwd, file: globals.config, machineFile, env, home });
  const source = await openHost(context, options.root);
  const secrets = await gatherSecrets(source, home, facts.account, facts.device);
  return { report, facts, config, redact: (text) => redact(text, secrets) };
}

/**
 * Throws `file-exists` for an absolute path at which there is something that does not begin with
 * `heading`, which earlier reports do; `cannot-create` where nobody can tell. `label`: the path as typed.
 */
export async function refuseOtherFile(file: string, label: string, heading: string): Promise<void> {
  const text = await readRegularText(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    // What is no file, or too large for a report of ours, is none.
    if (error instanceof FileRefusal) return '';
    throw cannotWrite(file, label, error);
  });
  if (text === undefined || text.startsWith(heading)) return;
  throw new UtopiaError('file-exists', `${label} exists already, and is no report of utopia's.`, {
    hint: `Name another file: utopia doctor --report ${basename(label)}.txt`,
  });
}

/** Writes a report whole, or not at all. Throws `cannot-create` or `disk-full`. */
export async function writeReport(file: string, label: string, text: string): Promise<void> {
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
