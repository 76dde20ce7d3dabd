import { rename, rm } from 'node:fs/promises';
import { writeFileAtomically } from '../system/atomic-file.ts';
import { readKnown } from '../system/json-file.ts';
import {
  aCount,
  aFlag,
  aText,
  aTime,
  listOf,
  maybe,
  object,
  oneOf,
  type Shaped,
} from '../text/shape.ts';

/** What is remembered about an image that utopia built, as JSON in a file beside it. */
export type ImageRecord = Shaped<typeof recordShape>;

const recordShape = object({
  schema: oneOf(1),
  suite: aText,
  profile: aText,
  /** Debian packages besides the profile's own. */
  include: maybe(listOf(aText)),
  /** Key of the recipe, see imageRecipeHash. */
  recipe: aText,
  sizeBytes: aCount,
  /** ISO 8601. */
  builtAt: aTime,
  /** What its first boot has shown: it boots right, or not; absent where nobody looked. */
  verified: maybe(aFlag),
});

/** `x.raw.json` beside `x.raw`. */
export function imageRecordPath(imagePath: string): string {
  return `${imagePath}.json`;
}

/** Gives a finished file its image's name, with the record of this mode beside it. */
export async function writeImageRecord(
  imagePath: string,
  record: ImageRecord,
  finishedFile: string,
  mode: number,
): Promise<void> {
  // An old record beside a new image would lie; a new image without one only says less.
  await rm(imageRecordPath(imagePath), { force: true });
  await rename(finishedFile, imagePath);
  await writeFileAtomically(
    imageRecordPath(imagePath),
    `${JSON.stringify(record, undefined, 2)}\n`,
    { mode },
  );
}

/** The record beside an image; undefined for a fetched image, or when it cannot be understood. */
export async function readImageRecord(imagePath: string): Promise<ImageRecord | undefined> {
  return await readKnown(imageRecordPath(imagePath), recordShape);
}
