import { Refusal } from './setting.ts';

/**
 * Splits text into words by the shell's rules of quoting: blanks separate, '…'
 * keeps everything, "…" keeps all but a backslash before $ ` " \, a backslash
 * keeps the next character. Nothing is expanded.
 */
export function splitWords(text: string): string[] | Refusal {
  const words: string[] = [];
  let word: string | undefined;
  let quote = '';
  for (let index = 0; index < text.length; index += 1) {
    const character = text.charAt(index);
    const next = text.charAt(index + 1);
    if (quote !== '') {
      if (character === quote) quote = '';
      else if (character === '\\' && quote === '"' && next !== '' && '$`"\\'.includes(next)) {
        word = (word ?? '') + next;
        index += 1;
      } else word = (word ?? '') + character;
    } else if (character === "'" || character === '"') {
      quote = character;
      word ??= '';
    } else if (character === '\\') {
      if (next === '') return new Refusal('ends in a backslash with nothing behind it');
      word = (word ?? '') + next;
      index += 1;
    } else if (character === ' ' || character === '\t' || character === '\n') {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else word = (word ?? '') + character;
  }
  if (quote !== '') {
    return new Refusal(
      `has a ${quote === '"' ? 'double' : 'single'} quote that is never closed`,
      `Close it with ${quote}. QEMU's arguments in the file: UTOPIA_EXTRA_ARGS='-append "a b"'`,
    );
  }
  if (word !== undefined) words.push(word);
  return words;
}
