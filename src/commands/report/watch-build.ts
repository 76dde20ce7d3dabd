import { keepOutput } from '../../system/bounded-output.ts';
import type { BuildTrouble } from '../../diagnose/build-trouble.ts';
import type { TakeOutputs } from '../../guest/ssh-program.ts';
import { foldLine, wrapText } from '../../ui/lines.ts';
import type { Terminal } from '../../ui/terminal.ts';

/** Of each output: a compiler's first complaints and its last fit in it many times. */
const heardBytes = 1 << 18;

/** Programs that build a module or load it, as words of a command or of a shell's text. */
const builders = /(?:^|[\s;&|('"/])(?:make|gcc|cc|insmod|modprobe)(?:$|[\s;&|)'"])/;

/** Hears what a command prints, to say why it failed where that was a module's build or load. */
export interface BuildListener {
  readonly take: Required<TakeOutputs>;
  /** What was heard: make says on stdout with which headers it builds, and the compiler on stderr why it cannot. */
  readonly text: () => string;
  readonly trouble: () => Promise<BuildTrouble | undefined>;
}

export function watchBuild(): BuildListener {
  const [stdout, stderr] = [keepOutput(heardBytes), keepOutput(heardBytes)];
  const text = (): string => `${stdout.kept().text}\n${stderr.kept().text}`;
  return {
    take: { stdout: stdout.take, stderr: stderr.take },
    text,
    trouble: async () => (await import('../../diagnose/build-trouble.ts')).explainBuild(text()),
  };
}

/** Whether a command's words name a program whose complaints are understood. Pure. */
export function mayBuild(words: readonly string[]): boolean {
  return builders.test(words.join(' '));
}

/** On stderr, behind what the command said itself. */
export function reportBuildTrouble(terminal: Terminal, { what, next }: BuildTrouble): void {
  const { errColor, symbols, columns } = terminal;
  const [first = '', ...more] = wrapText(what, columns - 2);
  terminal.err(`${errColor.yellow(symbols.warn)} ${first}`);
  for (const line of more) terminal.err(`  ${line}`);
  for (const line of foldLine(next, columns - 2)) terminal.err(`  ${line}`);
}
