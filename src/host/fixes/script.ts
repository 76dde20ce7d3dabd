import type { FixCommand } from '../check.ts';
import type { Elevator } from './elevation.ts';
import { quoteForShell } from '../../text/shell-words.ts';
import type { FixPlan, FixUnit } from './fix-unit.ts';

/** Where system programs are; a login that became root by su may not have them in PATH. */
export const systemFolders = ['/usr/sbin', '/sbin'] as const;

/** The words that run a command: through `elevator` where it needs root and the user is not. */
export function commandWords(
  { argv, root }: FixCommand,
  asRoot: boolean,
  elevator: Elevator = 'sudo',
): readonly string[] {
  if (!root || asRoot) return argv;
  // su takes a line for a shell.
  return elevator === 'su' ? ['su', '-c', argv.map(quoteForShell).join(' ')] : [elevator, ...argv];
}

/** The plan as a shell script that does exactly what `--fix` would do. Pure. */
export function fixScript(
  { units, yours }: FixPlan,
  asRoot: boolean,
  elevator: Elevator = 'sudo',
): string {
  // su would read its password from what the script is read from.
  const wholeAsRoot = !asRoot && elevator === 'su' && units.some(needsRoot);
  const head = [
    '#!/bin/sh',
    '# What utopia doctor --fix would do on this host, in this order.',
    'set -e',
    ...(wholeAsRoot
      ? [
          '# There is no sudo here: root runs it.',
          '[ "$(id -u)" = 0 ] || exec echo "Run it as root."',
        ]
      : []),
    `PATH="$PATH:${systemFolders.join(':')}"`,
    '# A program that asks gets no answer; sudo asks for its password on the terminal.',
    'exec </dev/null',
  ];
  const rest = yours.flatMap(({ id, message }) => comment(`${id}: ${message}`));
  const tail = rest.length === 0 ? [] : ['', '# Yours to do:', ...rest];
  const lines = units.flatMap((unit) => unitLines(unit, asRoot || wholeAsRoot, elevator));
  return [...head, ...lines, ...tail, ''].join('\n');
}

function needsRoot({ commands }: FixUnit): boolean {
  return commands.some(({ root }) => root);
}

function unitLines(
  { ids, problem, commands, changes, question }: FixUnit,
  asRoot: boolean,
  elevator: Elevator,
) {
  return [
    '',
    ...comment(`${ids[0]}: ${problem}`),
    ...(question === undefined ? [] : comment(`Asked on its own: ${question}`)),
    ...commands.flatMap((command) => [
      ...comment(command.why),
      `${commandWords(command, asRoot, elevator).map(quoteForShell).join(' ')}${command.optional === true ? ' || true' : ''}`,
    ]),
    ...comment(`Afterwards: ${changes}`),
  ];
}

/** A message may have a newline in it, from a file's name; no line of it may be run. */
function comment(text: string): string[] {
  return text.split(/[\r\n]+/).map((line) => `# ${line}`);
}
