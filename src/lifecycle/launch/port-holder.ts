import type { LifecycleContext } from '../lifecycle-context.ts';
import { UtopiaError } from '../../errors.ts';
import { describeHolder, type PortHolder } from '../../host/port-state.ts';
import { addressOf, listMachines } from '../../machine/registry.ts';

/** Who has a port, as far as it may be known, and what would free it. */
export interface NamedHolder {
  /** `qemu-system-x86_64, pid 4127 of alice, started 3 h ago: your lab "ask1"`. */
  readonly text: string;
  /** The command that ends it, where it is a machine of this user. */
  readonly stop: string | undefined;
}

/** Names the holder of a port; a machine of this user by its name. */
export async function nameHolder(
  context: LifecycleContext,
  holder: PortHolder | undefined,
): Promise<NamedHolder> {
  const text = describeHolder(holder, context.now());
  const pid = holder?.pid;
  if (pid === undefined) return { text, stop: undefined };
  const machines = await listMachines(context.env, process.getuid?.() ?? 0);
  const machine = machines.find(({ running }) => running?.qemu.pid === pid);
  if (machine === undefined) return { text, stop: undefined };
  return {
    text: `${text}: your lab "${machine.name}"`,
    stop: `utopia -n ${addressOf(machines, machine)} down`,
  };
}

/**
 * The refusal of a port (or what `what` calls it): who has it, and what to do.
 * `code` is the errno of the attempt to bind it; `ways` are commands around it.
 */
export async function refuseBusyPort(
  context: LifecycleContext,
  what: string,
  { code, holder }: { readonly code: string; readonly holder: PortHolder | undefined },
  ways: readonly (string | undefined)[],
): Promise<UtopiaError> {
  if (code !== 'EADDRINUSE') {
    return new UtopiaError('port-busy', `${what} is refused (${code}).`, { hint: joinWays(ways) });
  }
  const { text, stop } = await nameHolder(context, holder);
  return new UtopiaError('port-busy', `${what} is taken.`, {
    details: [`By  ${text}`],
    hint: joinWays([stop, ...ways]),
  });
}

function joinWays(ways: readonly (string | undefined)[]): string {
  return ways.filter((way) => way !== undefined).join('\n');
}
