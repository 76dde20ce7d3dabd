import { breakPath } from './fit-line.ts';

/** A label and its text; a row that is too long goes on below its text; a path that is, behind one of its folders. */
export function layOutRow(label: string, text: string, columns: number): string[] {
  if (label.length + text.length <= columns) return [label + text];
  const room = Math.max(10, columns - label.length);
  const lines: string[] = [];
  for (const word of text.split(/\s+/).flatMap((each) => breakPath(each, room))) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= room) {
      lines[lines.length - 1] = `${last} ${word}`;
    } else lines.push(word);
  }
  return lines.map((line, at) => (at === 0 ? label : ' '.repeat(label.length)) + line);
}
