import { resolve } from 'node:path';
import { encode } from 'fast-png';
import type { Context, GlobalOptions } from '../context.ts';
import { locateMachine } from '../lifecycle/launch/locate.ts';
import { takePicture } from '../lifecycle/watch/take-picture.ts';
import { writeFileAtomically } from '../system/atomic-file.ts';
import { describeUnmade } from '../system/out-of-space.ts';
import { homeFolder } from '../system/places.ts';
import { namedFileMode } from '../system/umask.ts';
import { formatBytes } from '../text/format.ts';
import { formatLocalTime } from '../text/local-time.ts';
import { shortenPath } from '../text/shorten-path.ts';

/** `utopia screenshot`: what the guest's screen shows, as a PNG. */
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

/** Whole or not at all: nobody sees half a picture. */
async function write(file: string, png: Uint8Array): Promise<void> {
  try {
    await writeFileAtomically(file, png, { mode: namedFileMode() });
  } catch (error) {
    const hint = 'Name another file: utopia screenshot /tmp/screen.png';
    throw describeUnmade(`Cannot write ${file}`, file, error, hint);
  }
}

/** `20261123-140251`: sorts as it was taken. */
function timeStamp(now: Date): string {
  return formatLocalTime(now).replaceAll(/[-:]/g, '').replace(' ', '-');
}
