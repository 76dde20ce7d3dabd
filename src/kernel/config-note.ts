import { join } from 'node:path';
import { writeFileAtomically } from '../system/atomic-file.ts';
import { readKnown } from '../system/json-file.ts';
import { aText, listOf, object, oneOf, type Shaped } from '../text/shape.ts';

const shape = object({
  schema: oneOf(1),
  base: oneOf('defconfig', 'tiny', 'image', 'file'),
  /** Names of `--with`. */
  with: listOf(aText),
  /** OPTION=VALUE of `--set`. */
  set: listOf(aText),
  /** Files of `--fragment`, absolute. */
  fragments: listOf(aText),
});

/** How a .config came about: what a build says of itself. */
export type ConfigNote = Shaped<typeof shape>;

const noteName = '.utopia-config.json';

/** The note beside a .config; undefined where there is none, or none that can be read. */
export async function readConfigNote(folder: string): Promise<ConfigNote | undefined> {
  return await readKnown(join(folder, noteName), shape);
}

/** Writes it beside the .config. Throws what the system says. */
export async function writeConfigNote(folder: string, note: ConfigNote): Promise<void> {
  const text = `${JSON.stringify(note, undefined, 2)}\n`;
  await writeFileAtomically(join(folder, noteName), text, { mode: 0o644 });
}
