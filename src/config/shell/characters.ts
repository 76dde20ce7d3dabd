import { hasForeignBytes } from '../read-config-text.ts';

/** What is wrong with a character, and what to write instead. */
export interface CharacterComplaint {
  readonly message: string;
  readonly hint: string;
}

const curlyQuotes = /[“”„‟‘’‚‛«»″′＂＇｀´]/u;
const invisibles =
  /[\u00A0\u00AD\u061C\u1680\u180E\u2000-\u200F\u2028-\u202F\u205F-\u2064\u3000\uFEFF]/u;
// Newline and tab are fine in quotes; the shell's own marks (1 and 127) have misled several versions of bash.
const controls = /(?![\t\n])\p{Cc}/u;

/** Characters that no word may contain, however it is quoted. */
export function complainAboutText(text: string): CharacterComplaint | undefined {
  if (isPlainText(text)) return undefined;
  if (hasForeignBytes(text)) {
    return {
      message: 'A value contains bytes that are not UTF-8.',
      hint: 'If the file was saved as Greek ISO-8859-7: iconv -f ISO-8859-7 -t UTF-8 utopia.config > fixed && mv fixed utopia.config',
    };
  }
  const control = controls.exec(text)?.[0];
  if (control === undefined) return undefined;
  return {
    message: `There is a control character (${codePoint(control)}${control === '\r' ? ', a carriage return' : ''}) in this line, which an editor hardly shows.`,
    hint: 'Delete the line and type it anew.',
  };
}

/** Characters that look like the shell's own, where they stand outside quotes. */
export function complainAboutBareText(text: string): CharacterComplaint | undefined {
  if (isPlainText(text)) return undefined;
  const quote = curlyQuotes.exec(text)?.[0];
  if (quote !== undefined) {
    return {
      message: `${quote} is a typographic quote, as a PDF or a word processor makes it: to the shell an ordinary letter.`,
      hint: `Type the quotes as " or '. If ${quote} belongs to a name, put the value in "double quotes".`,
    };
  }
  if (text.includes('\u037E')) {
    return {
      message: 'There is a Greek question mark (U+037E) here, not a semicolon.',
      hint: 'Type ; anew, or put each assignment on a line of its own.',
    };
  }
  const invisible = invisibles.exec(text)?.[0];
  if (invisible === undefined) return undefined;
  return {
    message: `There is ${describeInvisible(invisible)} outside quotes: to the shell an ordinary letter.`,
    hint: 'Delete the blanks of this line and type them anew.',
  };
}

/** A warning about blanks that are not blanks, inside quotes, where they may be meant. */
export function remarkOnQuotedText(text: string): string | undefined {
  if (isPlainText(text)) return undefined;
  const invisible = invisibles.exec(text)?.[0];
  return invisible === undefined
    ? undefined
    : `The value contains ${describeInvisible(invisible)}; it stays in the value.`;
}

/** Printable ASCII, newlines and tabs: nearly all text, told without the expressions above, which are slow to compile. */
function isPlainText(text: string): boolean {
  return /^[ -~\t\n]*$/.test(text);
}

function describeInvisible(character: string): string {
  const name = character === '\u00A0' ? 'a non-breaking space' : 'an invisible character';
  return `${name} (${codePoint(character)})`;
}

function codePoint(character: string): string {
  return `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;
}
