import { open, readFile, rename, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { encode } from 'fast-png';
import { draftPath } from '../system/atomic-file.ts';
import type { Context, GlobalOptions } from '../context.ts';
import { UtopiaError } from '../errors.ts';
import { formatLocalTime } from '../text/local-time.ts';
import { dumpScreen } from '../qmp/input.ts';
import { homeFolder } from '../system/places.ts';
import { shortenPath } from '../text/shorten-path.ts';
import { formatBytes } from '../text/format.ts';
import { namedFileMode } from '../system/umask.ts';
import { readPixmap, type Picture } from '../qmp/pixmap.ts';
import { locateMachine, type LocatedMachine } from '../lifecycle/launch/locate.ts';
import { requireRunning, withMonitor } from '../lifecycle/launch/monitor.ts';
import { describeUnmade } from '../system/out-of-space.ts';

/**
 * `utopia screenshot`: what the guest's screen shows, as a PNG. QEMU writes a PPM,
 * which all its versions can, into the machine's private folder; we make the PNG.
 */
export async function runScreenshot(
  context: Context,
  globals: GlobalOptions,
  options: { readonly file: string | undefined },
): Promise<void> {
  const { terminal } = context;
  const located = await locateMachine(context, globals);
  const name = options.file ?? `${located.config.name}-${timeStamp(context.now())}.png`;
  const file = resolve(context.cwd, name);
  const picture = await takePicture(context, located);
  const { width, height } = picture;
  const png = encode({ ...picture, channels: 3, depth: 8 });
  await write(file, png);
  if (globals.json) {
    terminal.json({ schema: 1, file, width, height, bytes: png.length });
    return;
  }
  const short = shortenPath(file, context.cwd, homeFolder(context.env));
  terminal.out(`${short}  ${width}x${height}, ${formatBytes(png.length)}`);
}

async function takePicture(context: Context, located: LocatedMachine): Promise<Picture> {
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

/** Whole or not at all: nobody sees half a picture. */
async function write(file: string, png: Uint8Array): Promise<void> {
  const draft = draftPath(file);
  try {
    // Anew: somebody may have laid a link there.
    const handle = await open(draft, 'wx', 0o600);
    try {
      await handle.chmod(namedFileMode()).catch(() => {});
      await handle.writeFile(png);
    } finally {
      await handle.close();
    }
    await rename(draft, file);
  } catch (error) {
    await rm(draft, { force: true });
    const hint = 'Name another file: utopia screenshot /tmp/screen.png';
    throw describeUnmade(`Cannot write ${file}`, file, error, hint);
  }
}

/** `20261123-140251`: sorts as it was taken. */
function timeStamp(now: Date): string {
  return formatLocalTime(now).replaceAll(/[-:]/g, '').replace(' ', '-');
}
