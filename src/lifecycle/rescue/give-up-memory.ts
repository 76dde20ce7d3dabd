import { UtopiaError } from '../../errors.ts';
import { lookForSuspended } from '../../vmstate/suspended.ts';
import type { LifecycleContext } from '../lifecycle-context.ts';
import type { LocatedMachine } from '../launch/locate.ts';

/**
 * Asks whether the memory of a suspended machine may be lost: what is written to its disk now makes
 * it worthless. Throws
 * `consent-needed` where nobody agrees.
 */
export async function agreeToLoseMemory(
  { asker, signal }: Pick<LifecycleContext, 'asker' | 'signal'>,
  { config }: Pick<LocatedMachine, 'config'>,
  assumeYes: boolean,
): Promise<void> {
  if ((await lookForSuspended(config.privateFile)).kind === 'absent') return;
  const question = `${config.name} is suspended. Rescue its disk? What it had in memory is then lost.`;
  if (await asker.confirm(question, { assumeYes, signal })) return;
  throw new UtopiaError('consent-needed', 'Nothing was changed.', {
    hint: 'utopia up resumes it; utopia snapshot save keeps disk and memory.',
  });
}
