import { UtopiaError } from '../../errors.ts';
import type { ProgressDisplay } from '../../progress-events.ts';
import { formatBytes } from '../../text/format.ts';
import type { LifecycleContext, LifecycleOptions } from '../lifecycle-context.ts';
import { locateMachine } from '../launch/locate.ts';
import { requireBackingFile } from '../launch/prepare.ts';
import { warmImage } from './warm-image.ts';

/**
 * Boots the new image once, so that the first machine on it starts in a second. The
 * image is whole whatever becomes of that: what goes wrong is only said. Nothing is done where this
 * folder's machine has another image, or wants no warm base. Throws what ends it by Ctrl-C.
 */
export async function warmNewImage(
  context: LifecycleContext,
  globals: LifecycleOptions,
  path: string,
  progress: ProgressDisplay,
): Promise<void> {
  const title = 'warm base';
  try {
    const located = await locateMachine(context, globals);
    if (located.config.warmBase === 'never') return;
    // Another folder's machine has another size, perhaps another QEMU; this one may have no image.
    const backing = await requireBackingFile(context, located).catch(forgiveMissingImage);
    if (backing?.path !== path) return;
    progress.report({ kind: 'started', title });
    const { base, madeInMs } = await warmImage(context, { ...globals, quiet: true }, located, {
      again: false,
    });
    progress.report({
      kind: 'finished',
      title,
      detail: `${formatBytes(base.bytes)}; utopia image cool removes it`,
      ...(madeInMs === undefined ? {} : { elapsedMs: madeInMs }),
    });
  } catch (error) {
    if (context.signal.aborted) {
      progress.report({ kind: 'warned', title, detail: 'not made; the image is finished' });
      throw error;
    }
    if (!(error instanceof UtopiaError)) throw error;
    progress.report({ kind: 'warned', title, detail: `not made: ${error.message}` });
  }
}

function forgiveMissingImage(error: unknown): undefined {
  if (!(error instanceof UtopiaError) || error.code !== 'image-missing') throw error;
}
