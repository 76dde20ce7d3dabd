import { UtopiaError } from '../../errors.ts';
import type { NamedPlace } from '../../system/named-place.ts';
import { isOutOfRoom, reasonOf } from '../../system/out-of-space.ts';

/** What to do about a file of --junit that cannot be there. */
export const junitHint = 'Name a file in a folder that is yours and no link: --junit FILE';

/** Writes the file of --junit. Throws `cannot-create`. */
export async function writeJUnit(
  marks: NamedPlace | undefined,
  pieces: AsyncIterable<string> | Iterable<string>,
): Promise<void> {
  try {
    await marks?.write(pieces);
  } catch (error) {
    const message = `Cannot write the file of --junit: ${reasonOf(error)}`;
    throw new UtopiaError(isOutOfRoom(error) ? 'disk-full' : 'cannot-create', message, {
      hint: isOutOfRoom(error) ? 'Free some space there, or name another: --junit FILE' : junitHint,
      cause: error,
    });
  }
}
