import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Environment } from '../../environment.ts';
import { bootArea } from './disk.ts';
import { filesystemArgv } from './filesystem.ts';
import type { AsOwner } from './privilege.ts';
import { imageRecipeHash, type ImageRecipe } from './recipe.ts';
import { runTool } from './tool-run.ts';
import { buildPath } from './build-tools.ts';

/** Where grub lies in the new root, put there by customise.ts. */
const grubFolder = 'boot/grub/i386-pc';

/**
 * Writes label, boot loader and file system into a new file, and has it on disk
 * (fsync) when it returns, with this mode.
 */
export async function writeDisk(job: {
  readonly part: string;
  readonly tree: string;
  readonly mode: number;
  readonly recipe: ImageRecipe;
  readonly asOwner: AsOwner;
  readonly env: Environment;
  readonly signal: AbortSignal;
}): Promise<void> {
  const { recipe, tree } = job;
  // In a user namespace somebody else opens it again, through its descriptor.
  const file = await open(job.part, 'wx', 0o600);
  try {
    await file.chmod(0o666);
    await file.truncate(recipe.sizeBytes);
    await runTool(job.asOwner(filesystemArgv(tree, recipe.sizeBytes)), {
      path: buildPath(job.env),
      signal: job.signal,
      file: file.fd,
    });
    const area = bootArea(
      recipe.sizeBytes,
      Number.parseInt(imageRecipeHash(recipe).slice(0, 8), 16),
      {
        bootImage: await readFile(join(tree, grubFolder, 'boot.img')),
        coreImage: await readFile(join(tree, grubFolder, 'core.img')),
      },
    );
    await file.write(area, 0, area.length, 0);
    await file.chmod(job.mode);
    await file.sync();
  } finally {
    await file.close();
  }
}
