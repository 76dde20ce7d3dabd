/**
 * Characters that a terminal acts on instead of showing them, or that change the order of
 * what it shows: C0 but for tab and newline, DEL, C1 (U+009B starts a sequence as ESC [ does),
 * the bidirectional controls (Unicode 16, UAX #9), the separators of lines and paragraphs, and
 * halves of surrogate pairs, which no encoding can hold.
 */
const harmful = new RegExp(
  String.raw`[\0-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]`,
  'gu',
);

/** The same with tab and newline, for what must stay on its line. */
const harmfulInLine = new RegExp(harmful.source.replace(String.raw`\x08\x0b-`, ''), 'gu');

const shortEscapes: Readonly<Record<string, string>> = {
  '\t': String.raw`\t`,
  '\n': String.raw`\n`,
  '\r': String.raw`\r`,
};

/**
 * Text whose control characters are shown as escapes (`\x1b`, `\u202e`) instead of acting.
 * Tab and newline stay; a carriage return before a newline goes. Pure, in linear time.
 */
export function showControls(text: string): string {
  return text.replaceAll('\r\n', '\n').replaceAll(harmful, escapeCharacter);
}

/** The same for a name in a line of ours: tab and newline are shown as escapes, too. */
export function showInLine(text: string): string {
  return text.replaceAll(harmfulInLine, escapeCharacter);
}

function escapeCharacter(character: string): string {
  const code = character.charCodeAt(0);
  const digits = code.toString(16);
  return (
    shortEscapes[character] ??
    (code < 0x80 ? `\\x${digits.padStart(2, '0')}` : `\\u${digits.padStart(4, '0')}`)
  );
}

/**
 * A value as JSON in which the same characters are written as `\uXXXX`: what reads it gets the
 * value as it is, and a terminal that shows it does nothing.
 */
export function stringifyHarmlessly(value: unknown, indent?: number): string {
  // Outside of strings JSON holds none of them, and within them JSON.stringify leaves no newline.
  return JSON.stringify(value, undefined, indent).replaceAll(
    harmful,
    (character) => String.raw`\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
