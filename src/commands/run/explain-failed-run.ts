import type { Context } from '../../context.ts';
import { watchBuild, reportBuildTrouble } from '../report/watch-build.ts';
import { writersOf } from '../../lifecycle/watch/find-share-writers.ts';
import { sayTrouble } from '../report/share-access.ts';
import type { CommandStreams } from '../../lifecycle/throwaway/channel.ts';
import type { FolderUse } from '../../lifecycle/throwaway/guest-command.ts';
import type { RunReport } from '../../lifecycle/throwaway/run-verdict.ts';
import { explainScriptFailure } from '../../guest/script-start.ts';

/** Hears what a run's command prints, and says why it failed where that was a module's build or load. */
export interface RunListener {
  readonly alsoTo: NonNullable<CommandStreams['alsoTo']>;
  /** On stderr, behind what the command said itself. The status stays as it is. */
  readonly say: (
    context: Context,
    report: Pick<RunReport, 'command' | 'outcome' | 'commandStatus'>,
  ) => Promise<void>;
}

/** What programs say where a file cannot be made; the command is root's, who meets the second on the host alone. */
const refusals = {
  read: /: Read-only file system\s*$/m,
  write: /: (?:Read-only file system|Permission denied)\s*$/m,
} as const;

/** Opens one for a single command, which may use the current folder so. */
export function watchRunBuild(use: FolderUse): RunListener {
  const build = watchBuild();
  return {
    alsoTo: build.take,
    say: async ({ terminal, cwd }, { command, outcome, commandStatus }) => {
      if (outcome !== 'exited' || commandStatus === null || commandStatus === 0) return;
      const trouble = await build.trouble();
      if (trouble !== undefined) return reportBuildTrouble(terminal, trouble);
      const why = await explainScriptFailure({
        ...{ words: command, status: commandStatus, folder: cwd, from: cwd },
        said: build.text(),
      });
      if (why !== undefined) {
        terminal.err(`${terminal.errColor.yellow(terminal.symbols.warn)} ${why}`);
        return;
      }
      if (use === 'private' || !refusals[use].test(build.text())) return;
      const plan = { sharedDir: cwd, shareReadOnly: use === 'read', extraArgs: [] };
      const writers = await writersOf({ plan, shareOwner: 'as-it-is' });
      if (writers.root === 'no') sayTrouble(terminal, writers);
    },
  };
}
