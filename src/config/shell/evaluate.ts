import type { Environment } from '../../context.ts';
import type { Problem, Warning } from '../problem.ts';
import { remarkOnQuotedText } from './characters.ts';
import { isOwnValue, isOwnVariable } from './own-variables.ts';
import type { Assignment, Command, Part, VariablePart } from './syntax.ts';

/** A variable as the file leaves it. */
export interface ShellVariable {
  readonly value: string;
  /** Line of the assignment that counts. */
  readonly line: number;
  /** Lines of earlier assignments that it replaced. */
  readonly replaced: readonly number[];
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
  const warnings: Warning[] = [];
  const problems: Problem[] = [];

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
        warnings.push({ line, message: `$${name} is not set here; it counts as empty.` });
      }
      return value ?? '';
    }
    const counts = operator.startsWith(':') ? (value ?? '') !== '' : value !== undefined;
    if (operator.endsWith('+')) return counts ? expand(word ?? []) : '';
    return counts ? (value ?? '') : expand(word ?? []);
  }

  function expand(parts: readonly Part[]): string {
    return parts
      .map((part) => {
        if (part.kind === 'text') return part.text;
        return part.kind === 'home' ? (lookUp('HOME') ?? home) : expandVariable(part);
      })
      .join('');
  }

  function assign({ name, append, line }: Assignment, value: string): void {
    const before = assigned.get(name);
    assigned.set(name, {
      value: append ? (lookUp(name) ?? '') + value : value,
      line,
      // A value built from the old one replaces nothing.
      replaced: before === undefined || append ? [] : [...before.replaced, before.line],
    });
  }

  for (const { kind, assignments } of commands) {
    const ready: [Assignment, string][] = [];
    for (const assignment of assignments) {
      if (isOwnVariable(assignment.name)) {
        problems.push(ownVariableProblem(assignment));
        continue;
      }
      warnings.push(...remarks(assignment));
      const value = expand(assignment.value);
      if (kind === 'export') ready.push([assignment, value]);
      else assign(assignment, value);
    }
    for (const [assignment, value] of ready) assign(assignment, value);
  }
  return { assigned, used, warnings, problems };
}

/** What was probably meant otherwise; the value stays as bash reads it. */
function remarks({ name, value, line }: Assignment): Warning[] {
  const found: Warning[] = [];
  const first = value.find((part) => part.kind !== 'text' || part.text !== '');
  if (first?.kind === 'text' && first.quoting !== 'bare' && /^~(?:\/|$)/.test(first.text)) {
    found.push({
      line,
      message: `~ in quotes stays a plain ~. Probably meant: ${name}=~/"${first.text.slice(2)}"`,
    });
  }
  for (const part of value) {
    if (part.kind !== 'text' || part.quoting === 'bare') continue;
    const dollar =
      part.quoting === 'single' ? /\$\{?[A-Za-z_]\w*\}?/.exec(part.text)?.[0] : undefined;
    if (dollar !== undefined) {
      found.push({
        line: part.line,
        message: `${dollar} in single quotes stays as it is. Probably meant: "double quotes"`,
      });
    }
    const remark = remarkOnQuotedText(part.text);
    if (remark !== undefined) found.push({ line: part.line, message: remark });
  }
  return found;
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
