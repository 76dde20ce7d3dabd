import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { UtopiaError } from '../../errors.ts';
import { writeFileAtomically } from '../../system/atomic-file.ts';
import { tryFlock } from '../../system/flock.ts';
import { readKnown } from '../../system/json-file.ts';
import { aCount, aText, maybe, object, oneOf, type Shaped } from '../../text/shape.ts';

const shape = object({
  schema: oneOf(1),
  /** SHA-256 of the .config that was built. */
  config: aText,
  /** Steps of the last build that began with nothing built, and of the last one that did not. */
  first: maybe(aCount),
  again: maybe(aCount),
});

/** What is remembered of the builds in a folder of objects. */
export type OutRecord = Shaped<typeof shape>;

/** Names in the folder of objects; the kernel's .gitignore has hidden files. */
export const outFiles = {
  record: '.utopia-build.json',
  log: '.utopia-build.log',
  lock: '.utopia-build.lock',
} as const;

export async function readOutRecord(out: string): Promise<OutRecord | undefined> {
  return await readKnown(join(out, outFiles.record), shape);
}

export async function writeOutRecord(out: string, record: OutRecord): Promise<void> {
  await writeFileAtomically(join(out, outFiles.record), `${JSON.stringify(record)}\n`);
}

/** Holds a folder of objects, so that two utopias do not build in it; `code` is thrown where another one does. */
export async function lockOut(
  out: string,
  code: 'kernel-busy' | 'qemu-busy',
): Promise<{ close(): Promise<void> }> {
  const handle = await open(join(out, outFiles.lock), 'a', 0o600);
  try {
    if (await tryFlock(handle.fd)) return handle;
  } catch (error) {
    await handle.close();
    throw error;
  }
  await handle.close();
  throw new UtopiaError(code, `Another utopia builds in ${out}.`, {
    hint: 'Wait for it to end, or build in another folder: -o FOLDER',
  });
}
