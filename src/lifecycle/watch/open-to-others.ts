import type { LifecycleContext } from '../lifecycle-context.ts';
import { UtopiaError } from '../../errors.ts';
import type { MachineState } from '../../machine/state.ts';
import type { ProgressDisplay } from '../../progress-events.ts';
import { exposeSsh, warnLoudly } from './exposure.ts';
import type { LocatedMachine } from '../launch/locate.ts';
import type { UpOptions } from '../launch/launched-machine.ts';

const title = 'open';

/**
 * SSH on UTOPIA_SSH_INTERFACE, if the guest's passwords allow it. A refusal is said,
 * and the machine goes on. Gives its state, with the address where it is open.
 */
export async function openToOthers(
  context: LifecycleContext,
  options: Pick<UpOptions, 'exposeAnyway'>,
  located: LocatedMachine,
  state: MachineState,
  { report }: ProgressDisplay,
): Promise<MachineState> {
  const host = located.config.sshInterface;
  const { port } = state.ssh;
  const anyway = options.exposeAnyway;
  if (anyway) warnLoudly(context.reporter, host, port);
  report({ kind: 'started', title });
  try {
    const exposure = await exposeSsh(context, located, state, { host, anyway });
    if (exposure.kind === 'open') {
      report({ kind: 'finished', title, detail: `port ${port} on ${host}` });
      return { ...state, exposed: exposure.address };
    }
    report({
      kind: 'warned',
      title,
      detail: `port ${port} stays on this host: ${exposure.because}`,
    });
    for (const text of exposure.next) report({ kind: 'note', text });
  } catch (error) {
    // bringUp ends what was interrupted.
    if (!(error instanceof UtopiaError || context.signal.aborted)) throw error;
    const because = error instanceof UtopiaError ? error.message : 'interrupted';
    report({ kind: 'warned', title, detail: `port ${port} stays on this host: ${because}` });
  }
  return state;
}
