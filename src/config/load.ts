import { basename, dirname, isAbsolute, relative } from 'node:path';
import type { Environment } from '../context.ts';
import { clip, clipProblem, mostRemarks } from './bounds.ts';
import { readConfigFile, type ConfigPlace } from './file.ts';
import { factsOf, keyNames, type KeyName } from './keys.ts';
import { remarkOnNames } from './names.ts';
import type { Problem } from './problem.ts';
import type { ConfigReport, Origin, ReportedValue } from './report.ts';
import { resolveConfig, type Lookup } from './resolve.ts';
import { configSchema, type Settings } from './schema.ts';
import { evaluateShell, type Evaluation } from './shell/evaluate.ts';
import { parseShell } from './shell/parse.ts';
import { readConfigText } from './text.ts';
import { nameFromFolder } from './values.ts';

/** What a configuration is loaded from. */
export interface ConfigSources extends ConfigPlace {
  /** Environment: a variable with a key's name outranks the file; the others are visible to it. */
  readonly env: Environment;
  /** Values given on the command line for this run. */
  readonly flags?: Partial<Record<KeyName, string>>;
  /** Absolute home folder, used for ~ when $HOME is not set. */
  readonly home: string;
  /** Finds a name's IPv4 address; the system's resolver by default. */
  readonly lookup?: Lookup;
}

interface Entry {
  readonly text: string | undefined;
  readonly origin: Origin;
  readonly line?: number | undefined;
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
  const entries = collectEntries(sources, evaluation, nameFromFolder(basename(folder)));
  const { settings, problems } = checkEntries(entries, evaluation);
  const broken = new Set(problems.map(({ key }) => key));
  const resolved = await resolveConfig(settings, file.path, folder, broken, sources.lookup);

  const allErrors = [
    ...(file.problem === undefined ? [] : [file.problem]),
    ...errors,
    ...parsed.problems,
    ...evaluation.problems,
    ...problems,
    ...resolved.problems.map((problem) => placed(problem, entries)),
  ]
    .toSorted(byLine)
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
    const { text: written, origin, line } = entries[key];
    const value = broken.has(key) ? (written ?? null) : resolved.values[key];
    values[key] = line === undefined ? { value, origin } : { value, origin, line };
  }
  const vncIsDefault = entries.UTOPIA_VNC.origin === 'default';
  const carried = {
    relativeQemu:
      entries.QEMU_BUILD_DIR.origin === 'file' && !isAbsolute(entries.QEMU_BUILD_DIR.text ?? '/'),
    extraArgs: entries.UTOPIA_EXTRA_ARGS.origin === 'file',
  };
  // What a flag or the environment outranks is set there all the same.
  const keysSet = keyNames.filter((key) => evaluation.assigned.has(key)).length;
  return {
    file: file.path,
    fileExists: file.exists,
    keysSet,
    label: labelOf(sources.cwd, file.path),
    values,
    warnings: [...warnings, ...evaluation.warnings, ...remarkOnNames(evaluation)].toSorted(byLine),
    errors: allErrors,
    ...(allErrors.length === 0
      ? {
          config: {
            ...{ ...resolved.config, fileExists: file.exists },
            ...{ keysSet, vncIsDefault, carried },
          },
        }
      : {}),
  };
}

function collectEntries(
  { env, flags = {} }: ConfigSources,
  { assigned }: Evaluation,
  defaultName: string,
): Record<KeyName, Entry> {
  const entries = {} as Record<KeyName, Entry>;
  for (const key of keyNames) {
    const inFile = assigned.get(key);
    const standard = key === 'UTOPIA_NAME' ? defaultName : factsOf(key).default;
    if (flags[key] !== undefined) entries[key] = { text: flags[key], origin: 'flag' };
    else if (env[key] !== undefined) entries[key] = { text: env[key], origin: 'environment' };
    else if (inFile !== undefined) {
      entries[key] = { text: inFile.value, origin: 'file', line: inFile.line };
    } else entries[key] = { text: standard, origin: 'default' };
  }
  return entries;
}

/** Typed settings, with the default in the place of every value that is refused. */
function checkEntries(
  entries: Record<KeyName, Entry>,
  { problems: unexpanded }: Evaluation,
): { settings: Settings; problems: Problem[] } {
  const texts: Partial<Record<KeyName, string>> = {};
  for (const key of keyNames) {
    const { text } = entries[key];
    if (text !== undefined) texts[key] = text;
  }
  const problems: Problem[] = [];
  const checked = configSchema.safeParse(texts);
  if (checked.success) return { settings: checked.data, problems };
  const alreadyRefused = new Set(unexpanded.map(({ line }) => line));
  for (const issue of checked.error.issues) {
    const key = issue.path[0] as KeyName;
    const { text = '', line } = entries[key];
    const hint =
      issue.code === 'custom' ? (issue.params?.['hint'] as string | undefined) : undefined;
    // A value that could not be expanded has had its say.
    if (line === undefined || !alreadyRefused.has(line)) {
      problems.push(
        placed(
          {
            key,
            message: `${key}${text === '' ? '' : ` is ${JSON.stringify(clip(text))}, which`} ${issue.message}.`,
            hint: hint ?? `Write ${factsOf(key).takes}.`,
          },
          entries,
        ),
      );
    }
    texts[key] = key === 'UTOPIA_NAME' ? 'lab' : (factsOf(key).default ?? '.');
  }
  return { settings: configSchema.parse(texts), problems };
}

function placed(problem: Problem, entries: Record<KeyName, Entry>): Problem {
  const entry = problem.key === undefined ? undefined : entries[problem.key as KeyName];
  if (entry?.line !== undefined) return { line: entry.line, ...problem };
  const source = { flag: 'command line', environment: 'environment', file: '', default: '' };
  const where = source[entry?.origin ?? 'file'];
  return where === ''
    ? problem
    : { ...problem, message: `${problem.message} (From the ${where}.)` };
}

function byLine(a: { line?: number | undefined }, b: { line?: number | undefined }): number {
  return (a.line ?? 0) - (b.line ?? 0);
}

function labelOf(cwd: string, file: string): string {
  const inside = relative(cwd, file);
  return inside.startsWith('..') ? file : inside;
}
