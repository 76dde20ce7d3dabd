import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Interruption } from '../../environment.ts';
import type { Context, GlobalOptions } from '../../context.ts';
import { deviceOpens } from '../../host/acceleration.ts';
import { quoteForShell } from '../../text/shell-words.ts';
import { underUsersUmask } from '../../system/umask.ts';
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
  return await runWithGroup(context, group);
}

/** Runs the same command line once more, with the group. Ctrl-C reaches both; what ends only this one is passed on. */
async function runWithGroup(
  { commandLine, env, signal, terminal }: Context,
  group: string,
): Promise<number | undefined> {
  const command = `exec ${commandLine.map(quoteForShell).join(' ')}`;
  const child = underUsersUmask(() =>
    spawn('sg', [group, '-c', command], { stdio: 'inherit', env: { ...env } }),
  );
  const passOn = (): void => {
    const name = signal.reason instanceof Interruption ? signal.reason.signalName : 'SIGTERM';
    if (name !== 'SIGINT') child.kill(name);
  };
  signal.addEventListener('abort', passOn);
  try {
    const [status] = (await once(child, 'exit')) as [number | null];
    return status ?? 1;
  } catch (error) {
    terminal.err(`  sg cannot be run: ${(error as Error).message}`);
    return undefined;
  } finally {
    signal.removeEventListener('abort', passOn);
  }
}
