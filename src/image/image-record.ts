import { rename, rm } from 'node:fs/promises';
import { writeFileAtomically } from '../system/atomic-file.ts';
import { readRegularText } from '../system/regular-file.ts';

/** What is remembered about an image that utopia built, as JSON in a file beside it. */
export interface ImageRecord {
  readonly schema: 1;
  readonly suite: string;
  readonly profile: string;
  /** Debian packages besides the profile's own. */
  readonly include?: readonly string[];
  /** Key of the recipe, see imageRecipeHash. */
  readonly recipe: string;
  readonly sizeBytes: number;
  /** ISO 8601. */
  readonly builtAt: string;
  /** What its first boot has shown: it boots right, or not; absent where nobody looked. */
  readonly verified?: boolean;
}

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
  try {
    const record = JSON.parse(
      await readRegularText(imageRecordPath(imagePath)),
    ) as Partial<ImageRecord>;
    return record.schema === 1 && typeof record.recipe === 'string'
      ? (record as ImageRecord)
      : undefined;
  } catch {
    return undefined;
  }
}
