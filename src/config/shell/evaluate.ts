import type { Environment } from '../../environment.ts';
import type { Problem, Warning } from '../problem.ts';
import {
  clip,
  longestValue,
  mostExpanded,
  mostRemarks,
  stoppedReading,
  WarningList,
} from '../bounds.ts';
import { remarkOnQuotedText } from './characters.ts';
import { isOwnValue, isOwnVariable } from './own-variables.ts';
import type { Assignment, Command, Part, VariablePart } from './syntax.ts';

/** A variable as the file leaves it. */
export interface ShellVariable {
  readonly value: string;
  /** Line of the assignment that counts. */
  readonly line: number;
  /** Line of the assignment that it replaced, if any. */
  readonly replacedLine: number | undefined;
}

/** What a file's assignments come to. */
export interface Evaluation {
  /** Variables assigned in the file, by name. */
  readonly assigned: ReadonlyMap<string, ShellVariable>;
  /** Names that values refer to. */
  readonly used: ReadonlySet<string>;
  readonly warnings: readonly Warning[];
  readonly problems: readonly Problem[];
}

/**
 * Carries out assignments as bash does when it sources the file: `env` is visible
 * to `$NAME`, `~` is $HOME, or `home` (an absolute path) when HOME is not set.
 */
export function evaluateShell(
  commands: readonly Command[],
  env: Environment,
  home: string,
): Evaluation {
  const assigned = new Map<string, ShellVariable>();
  const used = new Set<string>();
  const warnings = new WarningList();
  const problems: Problem[] = [];
  /** What variables have put into values so far: the work that a small file can ask for without end. */
  let expanded = 0;
  let exhausted = false;

  const lookUp = (name: string): string | undefined =>
    assigned.get(name)?.value ?? (Object.hasOwn(env, name) ? env[name] : undefined);

  function expandVariable(part: VariablePart): string {
    const { name, operator, word, line } = part;
    used.add(name);
    const value = lookUp(name);
    if (isOwnValue(name, value !== undefined)) {
      problems.push(ownValueProblem(name, line));
      return '';
    }
    if (operator === undefined) {
      if (value === undefined) {
        warnings.add({ line, message: `$${clip(name)} is not set here; it counts as empty.` });
      }
      return value ?? '';
    }
    const counts = operator.startsWith(':') ? (value ?? '') !== '' : value !== undefined;
    if (operator.endsWith('+')) return counts ? expand(word ?? []) : '';
    return counts ? (value ?? '') : expand(word ?? []);
  }

  function expand(parts: readonly Part[]): string {
    let text = '';
    for (const part of parts) {
      if (part.kind === 'text') text += part.text;
      else if (!exhausted) {
        const put = part.kind === 'home' ? (lookUp('HOME') ?? home) : expandVariable(part);
        expanded += put.length;
        text += put;
        if (expanded > mostExpanded || text.length > longestValue) {
          exhausted = true;
          problems.push(growthProblem(part.line));
        }
      }
    }
    return text;
  }

  function assign({ name, append, line }: Assignment, text: string): void {
    const before = assigned.get(name);
    const value = append ? (lookUp(name) ?? '') + text : text;
    if (value.length > longestValue && !exhausted) {
      exhausted = true;
      problems.push(lengthProblem(name, line));
    }
    assigned.set(name, {
      value,
      line,
      // A value built from the old one replaces nothing.
      replacedLine: append ? undefined : before?.line,
    });
  }

  for (const { kind, assignments } of commands) {
    const ready: [Assignment, string][] = [];
    // What would come of it is refused already.
    if (exhausted) break;
    if (problems.length >= mostRemarks) {
      problems.push(stoppedReading(assignments[0]?.line ?? 1));
      break;
    }
    for (const assignment of assignments) {
      if (isOwnVariable(assignment.name)) {
        problems.push(ownVariableProblem(assignment));
        continue;
      }
      remark(assignment, warnings);
      const value = expand(assignment.value);
      if (kind === 'export') ready.push([assignment, value]);
      else assign(assignment, value);
    }
    for (const [assignment, value] of ready) assign(assignment, value);
  }
  return { assigned, used, warnings: warnings.all(), problems };
}

/** What was probably meant otherwise; the value stays as bash reads it. */
function remark({ name, value, line }: Assignment, found: WarningList): void {
  const first = value.find((part) => part.kind !== 'text' || part.text !== '');
  if (first?.kind === 'text' && first.quoting !== 'bare' && /^~(?:\/|$)/.test(first.text)) {
    found.add({
      line,
      message: `~ in quotes stays a plain ~. Probably meant: ${clip(name)}=~/"${clip(first.text.slice(2))}"`,
    });
  }
  for (const part of value) {
    if (part.kind !== 'text' || part.quoting === 'bare') continue;
    if (found.isFull) return;
    const dollar =
      part.quoting === 'single' ? /\$\{?[A-Za-z_]\w*\}?/.exec(part.text)?.[0] : undefined;
    if (dollar !== undefined) {
      found.add({
        line: part.line,
        message: `${clip(dollar)} in single quotes stays as it is. Probably meant: "double quotes"`,
      });
    }
    const quoted = remarkOnQuotedText(part.text);
    if (quoted !== undefined) found.add({ line: part.line, message: quoted });
  }
}

function growthProblem(line: number): Problem {
  return {
    line,
    message: `The variables on this line make a value too long, or those up to here too much (${longestValue / 1024} KiB a value, ${mostExpanded / 1024 / 1024} MiB in all).`,
    hint: 'Look for a variable that is built from itself, and write its value out.',
  };
}

function lengthProblem(name: string, line: number): Problem {
  return {
    line,
    message: `The value of ${clip(name)} is longer than ${longestValue / 1024} KiB, which no program takes.`,
    hint: 'Look for a quote that is not closed where it should be, or for a += that is repeated.',
  };
}

function ownVariableProblem({ name, line }: Assignment): Problem {
  return {
    line,
    message: `${name} is a variable of the shell itself, which this file must not set.`,
    hint: 'Choose another name for it.',
  };
}

function ownValueProblem(name: string, line: number): Problem {
  return {
    line,
    message: `$${name} is set by the shell itself; its value is not known here.`,
    hint:
      name === 'PWD'
        ? "Leave $PWD/ away: relative paths start at this file's folder."
        : 'Write the value in its place.',
  };
}
