import { UtopiaError } from '../errors.ts';
import type { KeyName } from './config-keys.ts';
import type { Problem, Warning } from './problem.ts';
import type { Config } from './machine-config.ts';

/** Where a value comes from; the first of these that has one. `dotenv` is the .env beside the file. */
export type Origin = 'flag' | 'environment' | 'dotenv' | 'file' | 'default';

/** A resolved value as `utopia config --json` prints it; null where it is searched for. */
export interface ReportedValue {
  readonly value: string | number | boolean | readonly string[] | null;
  readonly origin: Origin;
  /** Line of the file, for the origins `file` and `dotenv`. */
  readonly line?: number | undefined;
}

/** All that is known about a configuration, its problems included. */
export interface ConfigReport {
  /** Absolute path of the file, whether it exists or not. */
  readonly file: string;
  readonly fileExists: boolean;
  /** Keys that the file sets; what a flag or the environment outranks counts. */
  readonly keysSet: number;
  /** The file as the user would name it: relative when it lies in or below the current folder. */
  readonly label: string;
  /** The .env beside the file. */
  readonly dotenv: {
    /** Absolute. */
    readonly file: string;
    readonly label: string;
    /** It is there, and was read. */
    readonly exists: boolean;
    readonly keysSet: number;
  };
  readonly values: Readonly<Record<KeyName, ReportedValue>>;
  readonly warnings: readonly Warning[];
  readonly errors: readonly Problem[];
  /** Present exactly when there are no errors. */
  readonly config?: Config;
}

/** The configuration, or a UtopiaError `config-invalid` that lists every problem. */
export function requireConfig(report: ConfigReport): Config {
  if (report.config !== undefined) return report.config;
  const { errors, label, dotenv } = report;
  if (errors.length === 1 && errors[0] !== undefined) {
    const [only] = errors;
    throw new UtopiaError('config-invalid', `${locate(report, only)}${only.message}`, {
      hint: only.hint,
    });
  }
  const ofDotenv = errors.filter(({ file }) => file !== undefined).length;
  const subject =
    ofDotenv === 0
      ? `${label} has`
      : ofDotenv === errors.length
        ? `${dotenv.label} has`
        : `${label} and ${dotenv.label} have`;
  throw new UtopiaError('config-invalid', `${subject} ${errors.length} problems.`, {
    details: errors.flatMap((problem) => [
      `${locate(report, problem)}${problem.message}`,
      `    ${problem.hint}`,
    ]),
    hint: 'Correct these lines, then: utopia config',
  });
}

/** `utopia.config:3: ` or `.env:3: ` before a message about that line; nothing when it has no line. */
export function locate(
  { label, dotenv }: Pick<ConfigReport, 'label' | 'dotenv'>,
  { line, file }: Pick<Warning, 'line' | 'file'>,
): string {
  return line === undefined ? '' : `${file === undefined ? label : dotenv.label}:${line}: `;
}

/** The contract of `utopia config --json`, schema 1. */
export function configAsJson(report: ConfigReport): unknown {
  const { file, fileExists, dotenv, values, warnings, errors } = report;
  const read = dotenv.exists ? { dotenvFile: dotenv.file } : {};
  return { schema: 1, file, fileExists, ...read, values, warnings, errors };
}
