/** What stands for the path in a command that is run for each of several. */
export const placeholder = '{}';

/** A word with the path in the place of every `{}`. Pure. */
export function fillIn(word: string, path: string): string {
  // As a function: in a text, `$&` and its kin would stand for something else.
  return word.replaceAll(placeholder, () => path);
}
