/** A stamp of printk's, and the caller behind it. */
const stamp = String.raw`\[ {0,5}\d{1,7}\.\d{6}\](?:\[ {0,6}[TC]\d{1,9} {0,6}\])?`;
/** A blank before a stamp within a line, as pages and mails that lose newlines leave it. */
const joint = new RegExp(` (?=${stamp} )`);
const stampAtStart = new RegExp(`^.{0,80}?${stamp}`);
/** A line with nothing behind its stamp: the next one is a second stamp of the same line. */
const stampAlone = new RegExp(`^.{0,80}?${stamp}$`);

/** The kernel's lines in a line that lost newlines have joined; most lines are one. Pure. */
export function splitJoined(text: string): readonly string[] {
  if (!stampAtStart.test(text)) return [text];
  const [first = '', ...others] = text.split(joint);
  const lines = [first];
  for (const other of others) {
    const last = lines.at(-1) ?? '';
    // What stands before the first stamp is a head, or a prompt that waited on the line.
    const isHead = !stampAtStart.test(last) || stampAlone.test(last.trimEnd());
    if (isHead) lines.splice(-1, 1, `${last} ${other}`);
    else lines.push(other);
  }
  return lines;
}

/** A ruler of a report (`=====`), joined with the line below it. */
const ruler = /^(?:={20,}|-{40,}) +(?=\S)/;

/** The line without a ruler that a lost newline has put before it. Pure. */
export function withoutRuler(text: string): string {
  return /^[=-]{20}/.test(text) ? text.replace(ruler, '') : text;
}
