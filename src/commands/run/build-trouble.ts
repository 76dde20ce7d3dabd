import { keepOutput } from '../../bounded-output.ts';
import type { Context } from '../../context.ts';
import { foldLine, wrapText } from '../../ui/lines.ts';
import type { CommandStreams } from './channel.ts';
import type { RunReport } from './verdict.ts';

/** Of each output: a compiler's first complaints and its last fit in it many times. */
const heardBytes = 1 << 18;

/** Hears what a command prints, and says why it failed where that was a module's build or load. */
export interface BuildListener {
  readonly alsoTo: NonNullable<CommandStreams['alsoTo']>;
  /** On stderr, behind what the command said itself. The status stays as it is. */
  readonly say: (
    context: Context,
    report: Pick<RunReport, 'outcome' | 'commandStatus'>,
  ) => Promise<void>;
}

/** Opens one for a single command. */
export function hearBuild(): BuildListener {
  const [stdout, stderr] = [keepOutput(heardBytes), keepOutput(heardBytes)];
  return {
    alsoTo: { stdout: stdout.take, stderr: stderr.take },
    say: async ({ terminal }, { outcome, commandStatus }) => {
      if (outcome !== 'exited' || commandStatus === null || commandStatus === 0) return;
      const { explainBuild } = await import('../../diagnose/build-trouble.ts');
      // make says on stdout with which headers it builds, and the compiler on stderr why it cannot.
      const trouble = explainBuild(`${stdout.kept().text}\n${stderr.kept().text}`);
      if (trouble === undefined) return;
      const { errColor, symbols, columns } = terminal;
      const [first = '', ...more] = wrapText(trouble.what, columns - 2);
      terminal.err(`${errColor.yellow(symbols.warn)} ${first}`);
      for (const line of more) terminal.err(`  ${line}`);
      for (const line of foldLine(trouble.next, columns - 2)) terminal.err(`  ${line}`);
    },
  };
}
