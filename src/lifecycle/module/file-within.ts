import { realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { UtopiaError } from '../../errors.ts';
import { isBelow } from '../../text/is-below.ts';

/**
 * The path of a file of a module's folder that is sent into a guest: a regular one, and no link that
 * leads out of the folder. Somebody else may have made it. Throws `kernel-unsuitable`.
 */
export async function fileWithin(folder: string, name: string): Promise<string> {
  const path = join(folder, name);
  const refuse = (what: string): UtopiaError =>
    new UtopiaError('kernel-unsuitable', `${path} ${what}, and is not sent into the guest.`, {
      hint: 'Put the file itself in its place.',
    });
  const [top, end] = await Promise.all([realpath(folder), realpath(path)]).catch(() => ['', '']);
  if (end === '') throw refuse('cannot be read');
  if (!isBelow(top, end)) throw refuse(`leads out of the folder, to ${end}`);
  // A pipe would be waited for.
  if (!(await stat(end)).isFile()) throw refuse('is no file');
  return end;
}
