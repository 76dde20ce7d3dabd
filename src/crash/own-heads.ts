import type { ConsoleLine } from './console-line.ts';

/** Titles of reports that are looked for within a line: words that hardly any program says. */
const titleInside =
  /(?<![\p{L}\d_"'`])(?:-{4,}\[ cut here \]-|BUG: [A-Za-z]|WARNING: (?:CPU: \d|possible |suspicious |inconsistent )|[Kk]ernel BUG at |Unable to handle kernel |general protection fault\b|Oops: |Internal error: |INFO: task |(?:rcu: )?INFO: rcu|watchdog: BUG: |UBSAN: |refcount_t: |list_(?:add|del) corruption|divide error: |invalid opcode: )/u;

/** Longest head that is learnt, in characters: a path, a date and a host. */
const longestHead = 120;

/** A head that no rule knows, learnt from the line that begins a report. */
export interface OwnHead {
  /** What the heads of further lines of this report look like. */
  readonly pattern: RegExp;
  /** Speaker of those lines. */
  readonly speaker: string;
  /** Characters before the report's title. */
  readonly length: number;
}

/**
 * Learns the head of a line with the title of a report in it. What has a digit may change from
 * line to line, words and what stands between them may not. Undefined where there is no title, or
 * nothing before it. Pure.
 */
export function learnHead(message: string): OwnHead | undefined {
  const length = titleInside.exec(message.slice(0, longestHead + 60))?.index ?? 0;
  if (length === 0 || length > longestHead) return undefined;
  const shape = message
    .slice(0, length)
    .trimEnd()
    .split(/([\p{L}\d]+|\s+)/u)
    .map((part) => {
      if (/^\s/.test(part)) return String.raw`\s{1,20}`;
      if (/\d/.test(part)) return String.raw`[\p{L}\d]{1,${longestHead}}`;
      return part.replaceAll(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`);
    })
    .join('');
  return { pattern: new RegExp(`^${shape}(?: |$)?`, 'u'), speaker: `head ${shape}`, length };
}

/** The line without such a head; undefined where it has another one. */
export function cutHead(line: ConsoleLine, head: OwnHead): ConsoleLine | undefined {
  const match = head.pattern.exec(line.message);
  if (match === null) return undefined;
  return { ...line, message: line.message.slice(match[0].length), speaker: head.speaker };
}
