import stringWidth from 'string-width';

/**
 * How many columns of a terminal a line takes: none for a combining mark, two for most
 * characters of Chinese, Japanese and Korean and for an emoji. Not for text with tabs.
 */
export function textWidth(text: string): number {
  return stringWidth(text);
}

/** The text with blanks behind it up to so many columns; wider text stays whole. */
export function padToWidth(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - textWidth(text)));
}

/** The start of a text, in at most so many columns; no character is parted from its marks. */
export function keepStart(text: string, width: number): string {
  return textWidth(text) <= width ? text : fitting(graphemes(text), width).join('');
}

/** The end of a text behind `…`, where it is wider than so many columns. */
export function keepEnd(text: string, width: number): string {
  if (textWidth(text) <= width) return text;
  return `…${fitting(graphemes(text).toReversed(), width - 1)
    .toReversed()
    .join('')}`;
}

function fitting(parts: readonly string[], width: number): string[] {
  let taken = 0;
  const end = parts.findIndex((part) => (taken += textWidth(part)) > width);
  return parts.slice(0, end === -1 ? parts.length : end);
}

function graphemes(text: string): string[] {
  return Array.from(new Intl.Segmenter().segment(text), ({ segment }) => segment);
}
