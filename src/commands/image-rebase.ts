import type { Context, GlobalOptions } from '../context.ts';
import { locateMachine } from '../lifecycle/launch/locate.ts';
import { rebaseMachine, type RebaseOptions } from '../lifecycle/launch/rebase-machine.ts';
import { quoteForShell } from '../text/shell-words.ts';

/** `utopia image rebase`: tell the private file where its backing file is now. */
export async function runImageRebase(
  context: Context,
  globals: GlobalOptions,
  options: RebaseOptions,
): Promise<void> {
  const { terminal } = context;
  const located = await locateMachine(context, globals);
  const { to, verdict, isConfigured } = await rebaseMachine(context, located, options);
  const path = located.config.privateFile;
  if (globals.json) {
    terminal.json({ schema: 1, path, backing: to.path, verdict });
    return;
  }
  terminal.out(`${path} stands on ${to.path} now.`);
  if (verdict === 'verified') {
    terminal.out('  Size and sampled contents are those it was made over.');
  }
  if (!isConfigured) {
    terminal.out('  utopia.config means another image still. Write into it:');
    terminal.outWhole(`  QCOW2_BACKING_FILE=${quoteForShell(to.path)}`);
  }
}
