/** A line that holds no words of the kernel: another field of a journal's entry. */
export const noWords = Symbol('no words');

/** Longest value that is taken out of an envelope, in characters: printk's longest message, escaped. */
const longestValue = 16 * 1024;

/** JSON of journalctl, docker, LAVA and other loggers: the field with the text. */
const jsonText = new RegExp(
  String.raw`"(?:MESSAGE|message|msg|log|text|line)" ?: ?("(?:[^"\\]|\\.){0,${longestValue}}")`,
);
/** journalctl -o export and -o verbose. */
const journalText = /^\s*MESSAGE=(.*)$/;
const journalField =
  /^\s*(?:"?_[A-Z_\d]{2,60}|"?(?:PRIORITY|SYSLOG_\w{1,40}|SOURCE_\w{1,40}|MESSAGE_ID|CODE_\w{1,20}))"?(?: : |=)|^[{}],?$/;
/** The line that journalctl -o verbose begins an entry with. */
const journalCursor = /\[s=[\da-f]{32};i=[\da-f]+;/;

/** Tags that a web page puts around a log; the kernel's own marks (`<TASK>`) are none of these. */
const tag = /<\/?(?:a|b|br|code|div|em|font|i|li|p|pre|span|td|tr)(?:\s[^<>]{0,200})?\/?>/gi;
const entity = /&(?:lt|gt|amp|quot|nbsp|apos|#\d{1,5}|#x[\da-f]{1,4});/gi;
const entities: Readonly<Record<string, string>> = {
  '&lt;': '<',
  '&gt;': '>',
  '&amp;': '&',
  '&quot;': '"',
  '&nbsp;': ' ',
  '&apos;': "'",
};

/**
 * Takes a line out of what a journal, a logger or a web page has wrapped it in. Gives
 * `noWords` for lines that only say something about a message. Pure.
 */
export function openEnvelope(text: string): string | typeof noWords {
  let plain = text;
  if (plain.includes('&')) plain = plain.replaceAll(entity, decodeEntity);
  if (plain.includes('<')) plain = plain.replaceAll(tag, '');
  if (plain.includes('MESSAGE=')) {
    const field = journalText.exec(plain)?.[1];
    if (field !== undefined) return field;
  }
  if (plain.includes('[s=') && journalCursor.test(plain)) return noWords;
  if (journalField.test(plain)) return /^\s*\{./.test(plain) ? fromJson(plain) : noWords;
  return plain.includes('":') || plain.includes('": ') || plain.includes('" : ')
    ? fromJson(plain)
    : plain;
}

function fromJson(text: string): string {
  const value = jsonText.exec(text)?.[1];
  if (value === undefined) return text;
  try {
    return String(JSON.parse(value)).trimEnd();
  } catch {
    return text;
  }
}

function decodeEntity(name: string): string {
  const known = entities[name.toLowerCase()];
  if (known !== undefined) return known;
  const hexadecimal = /^&#x/i.test(name);
  const code = Number.parseInt(name.slice(hexadecimal ? 3 : 2), hexadecimal ? 16 : 10);
  return code > 31 ? String.fromCharCode(code) : ' ';
}
