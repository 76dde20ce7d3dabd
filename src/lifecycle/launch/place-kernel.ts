import { open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { UtopiaError } from '../../errors.ts';
import type { ExtFile } from '../../image/ext/ext-files.ts';
import type { BootChoice } from '../../kernel/boot-choices.ts';
import { readImageHead } from '../../kernel/bzimage.ts';
import type { MachinePaths } from '../../machine/paths.ts';
import type { PlannedKernel } from '../../machine/plan.ts';
import { draftPath, removeDrafts } from '../../system/atomic-file.ts';
import { makeFolder } from '../../system/make-folder.ts';
import { describeUnmade } from '../../system/out-of-space.ts';
import { explain, type BootDisk } from './boot-disk.ts';

/** A kernel with all debug information, and an initramfs with all modules, have a few hundred megabytes. */
const mostBytes = 1024 ** 3;

/** Where QEMU finds what was taken out of a disk. It reads both when it starts, and never again. */
export function bootFilesIn({ bootDir }: Pick<MachinePaths, 'bootDir'>): {
  readonly image: string;
  readonly initrd: string;
} {
  return { image: join(bootDir, 'kernel'), initrd: join(bootDir, 'initrd') };
}

/** What QEMU would be told of a choice; nothing is made. Pure. */
export function planChoice(
  paths: Pick<MachinePaths, 'bootDir'>,
  { version, initrds, append }: BootChoice,
  from: 'disk' | 'image',
): PlannedKernel {
  const { image, initrd } = bootFilesIn(paths);
  const name = version;
  return { name, version, image, initrd: initrds.length === 0 ? undefined : initrd, append, from };
}

/**
 * Takes a kernel and its initramfs out of a disk, into the machine's own folder. Throws
 * `kernel-unknown` for one whose files are gone, `kernel-unsuitable` for what is no kernel.
 */
export async function placeChoice(
  paths: Pick<MachinePaths, 'bootDir'>,
  disk: BootDisk,
  choice: BootChoice,
  from: 'disk' | 'image',
  signal: AbortSignal,
): Promise<PlannedKernel> {
  const { image, initrd } = bootFilesIn(paths);
  await makeFolder(paths.bootDir, { mode: 0o700 });
  const files: ExtFile[] = [];
  for (const path of [choice.kernel, ...choice.initrds]) {
    const file = await disk.find(path);
    if (file === undefined) throw gone(choice, path);
    files.push(file);
  }
  const [kernel, ...initrds] = files;
  if (kernel === undefined) throw gone(choice, choice.kernel);
  await write(image, [kernel], choice.version, signal);
  // Several are one behind the other, as grub hands them over.
  if (initrds.length > 0) await write(initrd, initrds, choice.version, signal);
  const { version, is64Bit } = await readImageHead(image);
  if (!is64Bit) {
    throw new UtopiaError('kernel-unsuitable', `${choice.kernel} is a kernel of 32 bits.`, {
      hint: 'utopia up --boot-entry menu lists what there is.',
    });
  }
  return { ...planChoice(paths, choice, from), name: version, version };
}

function gone({ version }: BootChoice, path: string): UtopiaError {
  return new UtopiaError('kernel-unknown', `The disk's menu has ${version}, and ${path} is gone.`, {
    hint: 'utopia up --boot-entry menu lists what there is; utopia rescue takes the image’s kernel.',
  });
}

async function write(
  path: string,
  files: readonly ExtFile[],
  name: string,
  signal: AbortSignal,
): Promise<void> {
  const bytes = files.reduce((sum, each) => sum + each.bytes, 0);
  if (bytes > mostBytes) throw new RangeError(`${path} would have ${bytes} bytes`);
  await removeDrafts(path);
  const draft = draftPath(path);
  try {
    const handle = await open(draft, 'wx', 0o600);
    try {
      for (const file of files) {
        for await (const piece of file.read()) {
          signal.throwIfAborted();
          await handle.appendFile(piece);
        }
      }
    } finally {
      await handle.close();
    }
    // A machine that runs may have the one before mapped.
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    signal.throwIfAborted();
    const explained = explain(error, name);
    if (explained !== error || error instanceof UtopiaError) throw explained;
    throw describeUnmade(`Cannot write ${path}`, path, error, 'Free some space there.');
  }
}
