import { keepOutput } from '../../bounded-output.ts';
import type { Context } from '../../context.ts';
import { foldLine, wrapText } from '../../ui/lines.ts';
import { sayTrouble, writersOf } from '../share-access.ts';
import type { CommandStreams } from './channel.ts';
import type { FolderUse } from './guest-command.ts';
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

/** What programs say where a file cannot be made; the command is root's, who meets the second on the host alone. */
const refusals = {
  read: /: Read-only file system\s*$/m,
  write: /: (?:Read-only file system|Permission denied)\s*$/m,
} as const;

/** Opens one for a single command, which may use the current folder so. */
export function hearBuild(use: FolderUse): BuildListener {
  const [stdout, stderr] = [keepOutput(heardBytes), keepOutput(heardBytes)];
  return {
    alsoTo: { stdout: stdout.take, stderr: stderr.take },
    say: async ({ terminal, cwd }, { outcome, commandStatus }) => {
      if (outcome !== 'exited' || commandStatus === null || commandStatus === 0) return;
      const { explainBuild } = await import('../../diagnose/build-trouble.ts');
      // make says on stdout with which headers it builds, and the compiler on stderr why it cannot.
      const text = `${stdout.kept().text}\n${stderr.kept().text}`;
      const trouble = explainBuild(text);
      if (trouble === undefined) {
        if (use === 'private' || !refusals[use].test(text)) return;
        const plan = { sharedDir: cwd, shareReadOnly: use === 'read', extraArgs: [] };
        const writers = await writersOf({ plan, shareOwner: 'as-it-is' });
        if (writers.root === 'no') sayTrouble(terminal, writers);
        return;
      }
      const { errColor, symbols, columns } = terminal;
      const [first = '', ...more] = wrapText(trouble.what, columns - 2);
      terminal.err(`${errColor.yellow(symbols.warn)} ${first}`);
      for (const line of more) terminal.err(`  ${line}`);
      for (const line of foldLine(trouble.next, columns - 2)) terminal.err(`  ${line}`);
    },
  };
}
