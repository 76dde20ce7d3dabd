import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { UtopiaError } from '../../errors.ts';
import { dumpScreen } from '../../qmp/input.ts';
import { readPixmap, type Picture } from '../../qmp/pixmap.ts';
import type { LifecycleContext } from '../lifecycle-context.ts';
import type { LocatedMachine } from '../launch/locate.ts';
import { requireRunning, withMonitor } from '../launch/monitor.ts';

/**
 * What the screen of a running machine shows. QEMU writes a PPM, which all its versions can, into
 * the machine's private folder. Throws `machine-not-running` and `qemu-failed`.
 */
export async function takePicture(
  context: LifecycleContext,
  located: LocatedMachine,
): Promise<Picture> {
  const running = await requireRunning(located);
  const dump = join(located.paths.stateDir, `screen.${process.pid}.ppm`);
  try {
    await withMonitor(context, located, running, async (client) => {
      await dumpScreen(client, dump);
    });
    const picture = readPixmap(await readFile(dump));
    if (picture !== undefined) return picture;
    throw new UtopiaError(
      'qemu-failed',
      'QEMU wrote no picture of the screen that could be read.',
      {
        hint: 'Is -vga none among your own QEMU arguments? utopia up --dry-run shows them.',
      },
    );
  } finally {
    await rm(dump, { force: true });
  }
}
