import { basename, dirname, isAbsolute, join, relative } from 'node:path';
import type { Environment } from '../environment.ts';
import { clipProblem, mostRemarks } from './bounds.ts';
import { dotenvName, loadDotenv } from './dotenv/load-dotenv.ts';
import { checkEntries, collectEntries, isInUse, placed, quotable } from './config-entries.ts';
import { readConfigFile, type ConfigPlace } from './file.ts';
import { keyNames, type KeyName } from './config-keys.ts';
import { remarkOnNames } from './key-names.ts';
import type { Warning } from './problem.ts';
import type { ConfigReport, Origin, ReportedValue } from './config-report.ts';
import { resolveConfig, type Lookup } from './resolve.ts';
import { evaluateShell } from './shell/evaluate.ts';
import { parseShell } from './shell/parse-shell.ts';
import { readConfigText } from './read-config-text.ts';
import { nameFromFolder } from './values.ts';

/** What a configuration is loaded from. */
export interface ConfigSources extends ConfigPlace {
  /** Environment: a variable with a key's name outranks the files; utopia.config sees the others. */
  readonly env: Environment;
  /** Values given on the command line for this run. */
  readonly flags?: Partial<Record<KeyName, string>>;
  /** Absolute home folder, used for ~ when $HOME is not set. */
  readonly home: string;
  /** Finds a name's IPv4 address; the system's resolver by default. */
  readonly lookup?: Lookup;
}

/**
 * Reads, checks and resolves the configuration. Never throws for what is in it or
 * for a file that cannot be read: all problems are in the report's errors.
 */
export async function loadConfig(sources: ConfigSources): Promise<ConfigReport> {
  const file = await readConfigFile(sources);
  const { text, warnings, errors } = readConfigText(file.bytes);
  const parsed = parseShell(text);
  const evaluation = evaluateShell(parsed.commands, sources.env, sources.home);
  const folder = dirname(file.path);
  const dotenvFile = join(folder, dotenvName);
  const dotenvLabel = labelOf(sources.cwd, dotenvFile);
  const dotenv =
    file.path === dotenvFile ? undefined : await loadDotenv(dotenvFile, dotenvLabel, sources.env);
  const entries = collectEntries(sources, evaluation, dotenv, nameFromFolder(basename(folder)));
  const ofDotenv = (dotenv?.problems ?? []).filter(({ key }) => isInUse(entries, key, 'dotenv'));
  const { settings, problems } = checkEntries(entries, evaluation, ofDotenv);
  const broken = new Set([...ofDotenv, ...problems].map(({ key }) => key));
  const resolved = await resolveConfig(settings, file.path, folder, broken, sources.lookup);

  const allErrors = [
    ...(file.problem === undefined ? [] : [file.problem]),
    ...errors,
    ...parsed.problems,
    ...evaluation.problems,
    ...ofDotenv,
    ...problems,
    ...resolved.problems.map((problem) => placed(problem, entries)),
  ]
    .toSorted(byPlace)
    .map(clipProblem);
  // One more says that the reading stopped.
  if (allErrors.length > mostRemarks + 1) {
    const more = allErrors.splice(mostRemarks).length;
    allErrors.push({
      message: `There are ${more} more problems.`,
      hint: 'Correct the first ones, then: utopia config',
    });
  }
  for (const { key } of resolved.problems) broken.add(key);

  const values = {} as Record<KeyName, ReportedValue>;
  for (const key of keyNames) {
    const { origin, line } = entries[key];
    const value = broken.has(key) ? (quotable(entries[key]) ?? null) : resolved.values[key];
    values[key] = line === undefined ? { value, origin } : { value, origin, line };
  }
  const vncIsDefault = entries.UTOPIA_VNC.origin === 'default';
  const fileNames: Partial<Record<Origin, string>> = {
    file: basename(file.path),
    dotenv: dotenvName,
  };
  const { QEMU_BUILD_DIR: qemu, UTOPIA_EXTRA_ARGS: extraArgs } = entries;
  const carried = {
    relativeQemu: fileNames[qemu.origin] !== undefined && !isAbsolute(qemu.text ?? '/'),
    argumentsFile: fileNames[extraArgs.origin],
  };
  // What a flag or the environment outranks is set there all the same.
  const keysSet = keyNames.filter((key) => evaluation.assigned.has(key)).length;
  const dotenvKeysSet = dotenv?.assigned.size ?? 0;
  return {
    file: file.path,
    fileExists: file.exists,
    keysSet,
    label: labelOf(sources.cwd, file.path),
    dotenv: {
      file: dotenvFile,
      label: dotenvLabel,
      exists: dotenv?.exists ?? false,
      keysSet: dotenvKeysSet,
    },
    values,
    warnings: [
      ...warnings,
      ...evaluation.warnings,
      ...remarkOnNames(evaluation),
      ...(dotenv?.warnings ?? []),
    ].toSorted(byPlace),
    errors: allErrors,
    ...(allErrors.length === 0
      ? {
          config: {
            ...{ ...resolved.config, fileExists: file.exists },
            ...{ keysSet, dotenvKeysSet, vncIsDefault, carried },
          },
        }
      : {}),
  };
}

/** The configuration file first, then the .env; in each by line. */
function byPlace(a: Pick<Warning, 'file' | 'line'>, b: Pick<Warning, 'file' | 'line'>): number {
  const files = Number(a.file !== undefined) - Number(b.file !== undefined);
  return files === 0 ? (a.line ?? 0) - (b.line ?? 0) : files;
}

function labelOf(cwd: string, file: string): string {
  const inside = relative(cwd, file);
  return inside.startsWith('..') ? file : inside;
}
