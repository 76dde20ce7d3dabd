import { UtopiaError } from '../errors.ts';

/** C0, DEL and C1: in a file of lines each of them is the end of a line, or noise in it. */
const control = new RegExp(String.raw`[\0-\x1f\x7f-\x9f]`);

/**
 * A path or name that becomes part of a line which another program reads: of ssh's
 * configuration, of a utopia.config. Gives the text. Throws `folder-unsafe` where it has a
 * control character: what stands behind a newline would be a line of its own, which is obeyed.
 */
export function requireLine(text: string): string {
  const found = control.exec(text)?.[0];
  if (found === undefined) return text;
  const code = found.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0');
  throw new UtopiaError(
    'folder-unsafe',
    `${JSON.stringify(text)} has a control character (U+${code}), which no line of a configuration can hold.`,
    { hint: 'Give the folder or file another name (mv), and try again.' },
  );
}
