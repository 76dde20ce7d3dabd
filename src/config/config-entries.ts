import type { Environment } from '../environment.ts';
import { clip } from './bounds.ts';
import type { Dotenv } from './dotenv/load-dotenv.ts';
import { factsOf, keyNames, type KeyName } from './config-keys.ts';
import type { Problem } from './problem.ts';
import type { Origin } from './config-report.ts';
import { configSchema, type Settings } from './schema.ts';
import type { Evaluation } from './shell/evaluate.ts';

/** A key's text and where it comes from: the first source that has one. */
export interface Entry {
  readonly text: string | undefined;
  readonly origin: Origin;
  readonly line?: number | undefined;
  /** The .env, for what stands there. */
  readonly file?: string | undefined;
}

/** What outranks the files. */
interface EntrySources {
  readonly env: Environment;
  readonly flags?: Partial<Record<KeyName, string>>;
}

/** The text of every key, from the first of flag, environment, .env, file and default that has one. */
export function collectEntries(
  { env, flags = {} }: EntrySources,
  { assigned }: Evaluation,
  dotenv: Dotenv | undefined,
  defaultName: string,
): Record<KeyName, Entry> {
  const entries = {} as Record<KeyName, Entry>;
  for (const key of keyNames) {
    const inFile = assigned.get(key);
    const inDotenv = dotenv?.assigned.get(key);
    const standard = key === 'UTOPIA_NAME' ? defaultName : factsOf(key).default;
    if (flags[key] !== undefined) entries[key] = { text: flags[key], origin: 'flag' };
    else if (env[key] !== undefined) entries[key] = { text: env[key], origin: 'environment' };
    else if (inDotenv !== undefined) {
      const { value: text, line } = inDotenv;
      entries[key] = { text, origin: 'dotenv', line, file: dotenv?.file };
    } else if (inFile !== undefined) {
      entries[key] = { text: inFile.value, origin: 'file', line: inFile.line };
    } else entries[key] = { text: standard, origin: 'default' };
  }
  return entries;
}

/** Whether a problem is of no key, or of one whose value from there counts. */
export function isInUse(
  entries: Record<KeyName, Entry>,
  key: string | undefined,
  origin: Origin,
): boolean {
  return key === undefined || entries[key as KeyName].origin === origin;
}

/** A value as messages and reports have it. Behind the first line of one in .env may stand other tools' values. */
export function quotable({ text, origin }: Entry): string | undefined {
  const end = origin === 'dotenv' ? (text ?? '').indexOf('\n') : -1;
  return end === -1 ? text : `${text?.slice(0, end)}…`;
}

/** Typed settings, with the default in the place of every value that is refused. */
export function checkEntries(
  entries: Record<KeyName, Entry>,
  { problems: unexpanded }: Evaluation,
  ofDotenv: readonly Problem[],
): { settings: Settings; problems: Problem[] } {
  const texts: Partial<Record<KeyName, string>> = {};
  for (const key of keyNames) {
    const { text } = entries[key];
    if (text !== undefined) texts[key] = text;
  }
  const problems: Problem[] = [];
  const checked = configSchema.safeParse(texts);
  if (checked.success) return { settings: checked.data, problems };
  const refusedLines = new Set(unexpanded.map(({ line }) => line));
  const refusedKeys = new Set(ofDotenv.map(({ key }) => key));
  for (const issue of checked.error.issues) {
    const key = issue.path[0] as KeyName;
    const { origin, line } = entries[key];
    const text = quotable(entries[key]) ?? '';
    const hint =
      issue.code === 'custom' ? (issue.params?.['hint'] as string | undefined) : undefined;
    // A value that could not be expanded has had its say.
    if (!refusedKeys.has(key) && !(origin === 'file' && refusedLines.has(line))) {
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

/** The problem with the place where its key's value stands. */
export function placed(problem: Problem, entries: Record<KeyName, Entry>): Problem {
  const entry = problem.key === undefined ? undefined : entries[problem.key as KeyName];
  if (entry?.line !== undefined) {
    const { line, file } = entry;
    return file === undefined ? { line, ...problem } : { file, line, ...problem };
  }
  const source: Partial<Record<Origin, string>> = {
    flag: 'command line',
    environment: 'environment',
  };
  const where = source[entry?.origin ?? 'file'];
  return where === undefined
    ? problem
    : { ...problem, message: `${problem.message} (From the ${where}.)` };
}
