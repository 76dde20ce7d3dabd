import { realpath } from 'node:fs/promises';
import type { LifecycleContext } from '../lifecycle-context.ts';
import { UtopiaError } from '../../errors.ts';
import { homeFolder } from '../../system/places.ts';

/** How the question begins, and what to do instead. */
export interface ShareWording {
  readonly subject: string;
  readonly hint: string;
}

/**
 * Asks before a share that contains the user's home folder: root in the guest
 * then reads and changes keys and mail, and a broken kernel may too. Throws
 * `consent-needed` when nobody agrees.
 */
export async function agreeToShare(
  { env, asker, signal }: LifecycleContext,
  sharedDir: string,
  assumeYes: boolean,
  wording: ShareWording = {
    subject: `SHARED_FS_DIR=${sharedDir} lets the guest read and change`,
    hint: 'Name a folder of the lab in SHARED_FS_DIR, such as ./shared.',
  },
): Promise<void> {
  const home = await realpath(homeFolder(env)).catch(() => homeFolder(env));
  // What is not there yet holds nothing.
  const shared = await realpath(sharedDir).catch(() => undefined);
  if (shared === undefined || !contains(shared, home)) return;
  const what = shared === home ? 'your home folder' : 'your home folder and all around it';
  const question = `${wording.subject} ${what}. Start?`;
  if (await asker.confirm(question, { assumeYes, signal })) return;
  throw new UtopiaError('consent-needed', 'Nothing was started.', {
    hint: wording.hint,
  });
}

function contains(folder: string, path: string): boolean {
  return folder === '/' || path === folder || path.startsWith(`${folder}/`);
}
