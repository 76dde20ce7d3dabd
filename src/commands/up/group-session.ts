import type { Context, GlobalOptions } from '../../context.ts';
import { deviceOpens } from '../../host/acceleration.ts';
import { runWithGroup } from '../../host/run-with-group.ts';
import { quoteForShell } from '../../text/shell-words.ts';
import { confirmByKey } from '../../ui/ask.ts';
import { wrapText } from '../../ui/lines.ts';
import type { LocatedMachine } from '../../lifecycle/launch/locate.ts';

/**
 * Where only this login's groups keep KVM from being used, although its user is in
 * the group by now: offers to start over with the group, or without a terminal says
 * how. Gives the other `up`'s status when it ran in this one's place.
 */
export async function offerGroup(
  context: Context,
  globals: GlobalOptions,
  { config }: LocatedMachine,
): Promise<number | undefined> {
  if (globals.quiet || globals.json || config.accelerator === 'tcg') return undefined;
  if (await deviceOpens()) return undefined;
  const { explainRefusal } = await import('../../host/refusal.ts');
  const { openRealHost } = await import('../../host/source/real-source.ts');
  const { terminal, commandLine, env, signal } = context;
  const { group } = await explainRefusal(openRealHost(env, signal), signal);
  if (group === undefined) return undefined;
  const typed = ['utopia', ...commandLine.slice(2)].map(quoteForShell).join(' ');
  const start = ['sg', group, '-c', typed].map(quoteForShell).join(' ');
  const text =
    `You are in group ${group}, this login is not: it is from before. ` +
    'A new login has the group; this one gets it with:';
  for (const line of wrapText(text, terminal.columns - 2)) terminal.err(`  ${line}`);
  terminal.errWhole(`    ${start}`);
  if (!terminal.interactive) return undefined;
  if (!(await confirmByKey(terminal, '  Start so, with KVM?', signal))) return undefined;
  return await runWithGroup(context, group).catch((error: Error) => {
    terminal.err(`  sg cannot be run: ${error.message}`);
    return undefined;
  });
}
