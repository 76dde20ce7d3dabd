import type { Environment } from '../../environment.ts';
import { trustedOwners } from '../../system/owners.ts';
import { FileRefusal, whyUnreadable } from '../../system/regular-file.ts';
import { quoteForShell } from '../../text/shell-words.ts';
import { clip, mostDotenvBytes, WarningList } from '../bounds.ts';
import { readOwnFile } from '../file.ts';
import { isKeyName, type KeyName } from '../config-keys.ts';
import { nearestKey } from '../key-names.ts';
import type { Problem, Warning } from '../problem.ts';
import type { ShellVariable } from '../shell/evaluate.ts';
import { readAssignments } from './assignments.ts';
import { readDotenvText } from './dotenv-text.ts';

/** The name of the file with a person's own settings, beside the configuration file. */
export const dotenvName = '.env';

/** What a .env says about the machine; other tools' names are left out. */
export interface Dotenv {
  /** Absolute. */
  readonly file: string;
  /** It is there, and was read. */
  readonly exists: boolean;
  readonly assigned: ReadonlyMap<KeyName, ShellVariable>;
  readonly warnings: readonly Warning[];
  /** Those with a key are of a value that is refused before its meaning is looked at. */
  readonly problems: readonly Problem[];
}

/**
 * Reads the .env at `file`, an absolute path, that the user calls `label`. One that neither the
 * user nor root owns is not read, since it could share the user's files with a guest; a warning
 * says so, because somebody may keep other tools' settings there. Its values never get into a
 * message, unless they are those of our keys.
 */
export async function loadDotenv(file: string, label: string, env: Environment): Promise<Dotenv> {
  const nothing = { file, exists: false, assigned: new Map(), warnings: [], problems: [] };
  let bytes: Buffer;
  try {
    bytes = await readOwnFile(file, mostDotenvBytes, trustedOwners(env));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return nothing;
    // Python's virtual environments are folders of this name.
    if (error instanceof FileRefusal && error.kind === 'folder') return nothing;
    if (error instanceof FileRefusal && error.kind === 'foreign') {
      return {
        ...nothing,
        warnings: [{ file, message: `${label} is not read: ${error.message}` }],
      };
    }
    return { ...nothing, problems: [{ file, ...refuse(error, label) }] };
  }
  const read = readDotenvText(bytes, label);
  if ('problem' in read) return { ...nothing, exists: true, problems: [{ file, ...read.problem }] };

  const all = await readAssignments(read.text, (name) => isOwn(name) || resemblesKey(name));
  const assigned = new Map<KeyName, ShellVariable>();
  const warnings = new WarningList();
  const problems: Problem[] = [];
  for (const [name, { value, line, replacedLine }] of all) {
    if (!isOwn(name)) {
      warnings.add({ file, line, message: describeUnknown(name) });
      continue;
    }
    if (replacedLine !== undefined) {
      const message = `${name} was already set on line ${replacedLine}; this line counts.`;
      warnings.add({ file, line, key: name, message });
    }
    const problem = findSwallowed(name, value);
    if (problem !== undefined) problems.push({ file, line, key: name, ...problem });
    assigned.set(name, { value, line, replacedLine });
  }
  return { file, exists: true, assigned, warnings: warnings.all(), problems };
}

/** VERBOSE is a name that many tools take; in a .env it is theirs. */
function isOwn(name: string): name is KeyName {
  return isKeyName(name) && name !== 'VERBOSE';
}

/** Whether a name was probably meant for utopia: anything else belongs to other tools. */
function resemblesKey(name: string): boolean {
  if (/^UTOPIA_/i.test(name)) return true;
  const near = nearestKey(name);
  // The start of a key alone (SHARED) is a word that others use.
  return near !== undefined && near !== 'VERBOSE' && name.length * 2 > near.length;
}

function describeUnknown(name: string): string {
  const near = nearestKey(name);
  return near === undefined || near === 'VERBOSE'
    ? `${clip(name)} is not a key of utopia.`
    : `${name} is not a key of utopia. Probably meant: ${near}`;
}

/** A quote that was left open makes one value of the lines up to the next: other tools' secrets, maybe. */
function findSwallowed(name: KeyName, value: string): Problem | undefined {
  if (value.includes('\uFFFD')) {
    return {
      message: `${name} contains bytes that are not UTF-8.`,
      hint: 'Save the file as UTF-8, or take these bytes out of the value.',
    };
  }
  if (!/\n\s*(?:export\s+)?[\w.-]+(?:\s*=|:\s)/.test(value)) return undefined;
  return {
    message: `${name} runs over several lines, and one of them looks like another assignment.`,
    hint: 'Close the quote on this line.',
  };
}

function refuse(error: unknown, label: string): Problem {
  if (!(error instanceof FileRefusal)) {
    return {
      message: `${label} cannot be read: ${whyUnreadable(error)}`,
      hint: `ls -l ${quoteForShell(label)}`,
    };
  }
  const from = quoteForShell(label);
  return {
    message: `${label} is no file of settings: ${error.message}`,
    hint:
      error.kind === 'too-large'
        ? `Keep in it what is needed, or give it another name: mv ${from} ${quoteForShell(`${label}.large`)}`
        : `Give it another name: mv ${from} ${quoteForShell(`${label}.other`)}`,
  };
}
