import type { LifecycleContext } from '../lifecycle-context.ts';
import { UtopiaError } from '../../errors.ts';
import type { RunningMachine } from '../../machine/state.ts';
import { connectQmp } from '../../qmp/client.ts';
import type { LocatedMachine } from '../launch/locate.ts';
import { lookAtGuest, type GuestState, type LostGuestState } from './guest-state.ts';

/** What each state is called as a sentence, and what is behind the machine's name. */
const sentences: Readonly<Record<LostGuestState['kind'], string>> = {
  halted: 'The guest has halted: it is off, and its QEMU still runs.',
  panicked: "The guest's kernel has panicked.",
  'locked-up': 'A processor of the guest is locked up: its kernel does not come back.',
};

/** What leads on from each. */
const hints: Readonly<Record<LostGuestState['kind'], string>> = {
  halted: 'utopia up starts it anew; utopia down ends it.',
  panicked: 'utopia oops explains it; utopia reboot starts the guest anew.',
  'locked-up': 'utopia oops shows where it is; utopia reboot starts the guest anew.',
};

/** What commands that need the guest say of one that is lost; `consequence` is a sentence more. */
export function lostGuest(state: LostGuestState, consequence?: string): UtopiaError {
  const words = state.kind === 'halted' ? undefined : state.words;
  const sentence = sentences[state.kind];
  return new UtopiaError(
    'guest-lost',
    consequence === undefined ? sentence : `${sentence} ${consequence}`,
    { ...(words === undefined ? {} : { details: [words] }), hint: hints[state.kind] },
  );
}

/** How the guest of a running machine fares; `well` also where its QEMU does not tell. */
export async function findGuestState(
  { paths }: Pick<LocatedMachine, 'paths'>,
  running: RunningMachine,
  { signal }: Partial<Pick<LifecycleContext, 'signal'>> = {},
): Promise<GuestState> {
  const socket = running.state?.plan.files.qmpSocket ?? paths.qmpSocket;
  try {
    const client = await connectQmp(socket, { signal });
    try {
      return await lookAtGuest(client, { running, paths });
    } finally {
      client.close();
    }
  } catch {
    signal?.throwIfAborted();
    return { kind: 'well' };
  }
}

/** Throws `guest-lost` for a guest that has halted, panicked or locked up. */
export async function refuseLostGuest(
  context: Pick<LifecycleContext, 'signal'>,
  located: Pick<LocatedMachine, 'paths'>,
  running: RunningMachine,
  consequence?: string,
): Promise<void> {
  const state = await findGuestState(located, running, context);
  if (state.kind !== 'well') throw lostGuest(state, consequence);
}

/** That a machine runs already, and what its guest has come to where that is lost. */
export async function alreadyRuns(
  located: Pick<LocatedMachine, 'config' | 'paths'>,
  running: RunningMachine,
): Promise<UtopiaError> {
  const guest = await findGuestState(located, running);
  const lost = guest.kind === 'well' ? undefined : lostGuest(guest);
  return new UtopiaError(
    'machine-running',
    `${located.config.name} is running already (pid ${running.qemu.pid}).${lost === undefined ? '' : ` ${lost.message}`}`,
    {
      details: lost?.details ?? [],
      hint: lost?.hint ?? 'utopia ssh to work in it, utopia down to stop it.',
    },
  );
}
