import type { Context, GlobalOptions } from '../../context.ts';
import { writersOf } from '../../lifecycle/watch/find-share-writers.ts';
import { describeTrouble, type ShareWriters } from '../../machine/share-writers.ts';
import type { MachineState } from '../../machine/state.ts';
import { foldLine } from '../../ui/lines.ts';
import type { Terminal } from '../../ui/terminal.ts';

/** What keeps the guest's `user` from writing to the share, on stderr; nothing where it can, or nobody knows. */
export function sayTrouble(terminal: Terminal, writers: ShareWriters): void {
  const trouble = describeTrouble(writers);
  if (trouble === undefined) return;
  const { errColor, symbols, columns } = terminal;
  const [first = '', ...more] = foldLine(`The share: ${trouble}`, columns - 2);
  terminal.err(`${errColor.yellow(symbols.warn)} ${first}`);
  for (const line of more) terminal.err(`  ${line}`);
}

/**
 * Runs a command in the guest, and where it fails says on stderr that its account cannot
 * write to the share, if that is so: a build is pages of "Permission denied" then.
 */
export async function tellingShare(
  { terminal }: Pick<Context, 'terminal'>,
  { quiet }: Pick<GlobalOptions, 'quiet'>,
  { login, state }: { readonly login: string; readonly state: MachineState | undefined },
  run: () => Promise<number>,
): Promise<number> {
  const status = await run();
  if (status === 0 || quiet || state === undefined) return status;
  const writers = await writersOf(state);
  if (login !== 'root' || writers.root === 'no') sayTrouble(terminal, writers);
  return status;
}
