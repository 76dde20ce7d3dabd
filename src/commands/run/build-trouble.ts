import type { Context } from '../../context.ts';
import { hearBuild, sayBuildTrouble } from '../hear-build.ts';
import { sayTrouble, writersOf } from '../share-access.ts';
import type { CommandStreams } from './channel.ts';
import type { FolderUse } from './guest-command.ts';
import type { RunReport } from './verdict.ts';

/** Hears what a run's command prints, and says why it failed where that was a module's build or load. */
export interface RunListener {
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
export function hearRun(use: FolderUse): RunListener {
  const build = hearBuild();
  return {
    alsoTo: build.take,
    say: async ({ terminal, cwd }, { outcome, commandStatus }) => {
      if (outcome !== 'exited' || commandStatus === null || commandStatus === 0) return;
      const trouble = await build.trouble();
      if (trouble !== undefined) return sayBuildTrouble(terminal, trouble);
      if (use === 'private' || !refusals[use].test(build.text())) return;
      const plan = { sharedDir: cwd, shareReadOnly: use === 'read', extraArgs: [] };
      const writers = await writersOf({ plan, shareOwner: 'as-it-is' });
      if (writers.root === 'no') sayTrouble(terminal, writers);
    },
  };
}
