/** Why configure has failed, and what helps. */
export interface ConfigureTrouble {
  /** Its own words, at most a few lines. */
  readonly reason: readonly string[];
  /** One next step; undefined where its words are it. */
  readonly step: string | undefined;
}

const mostLines = 8;

interface Advice {
  readonly pattern: RegExp;
  readonly step: (match: readonly string[]) => string;
}

/** Failures that a version of QEMU meets on a host of another time. */
const advices: readonly Advice[] = [
  {
    pattern: /Python 3 or later is not yet supported|Python 2\.\d or later is required/,
    step: () =>
      'This QEMU wants Python 2: take 3.1 or newer, or name one: --configure --python=/usr/bin/python2.7',
  },
  {
    pattern: /was not found by this Python interpreter|Could not provide build dependency/,
    step: () =>
      'Take the release of qemu.org, which brings it (utopia qemu get), or another Python:\n--configure --python=/usr/bin/python3',
  },
  {
    pattern: /Meson not found|meson .*is too old|Meson version is/i,
    step: () => 'Take the release of qemu.org, which brings it: utopia qemu get',
  },
  {
    pattern: /unknown option ['"]?(--[\w=-]+)/,
    step: ([, option = '']) => `This version does not know ${option}: leave it out`,
  },
];

/**
 * What configure says of its failure: the last `ERROR: …` with what belongs to it, meson's problem,
 * or its last lines. `lines` are what it printed; `log` is the end of meson-log.txt or config.log,
 * read where it printed nothing. Pure.
 */
export function explainConfigure(lines: readonly string[], log: string): ConfigureTrouble {
  const told = lines.map((line) => line.trimEnd());
  const reason =
    readErrors(told) ??
    readErrors(log.split('\n')) ??
    lastOf(told) ??
    lastOf(log.split('\n')) ??
    [];
  const text = reason.join('\n');
  const advice = advices.find(({ pattern }) => pattern.test(text));
  const match = advice?.pattern.exec(text);
  return {
    reason,
    step: advice === undefined || match == null ? undefined : advice.step([...match]),
  };
}

/** Says only that another one stands above it. */
const derived = /^ERROR: meson setup failed|^A full log can be found/;

function readErrors(lines: readonly string[]): readonly string[] | undefined {
  const at = lines.findLastIndex((line) => isError(line) && !derived.test(line));
  if (at < 0) return undefined;
  const found = [lines[at] ?? ''];
  for (const line of lines.slice(at + 1)) {
    // configure's own goes on until an empty line; mkvenv's over one, in its list.
    const isList = /^ *[•*-] /.test(line) || line.startsWith('Could not provide');
    if (line === '' || line === '*** Ouch! ***') {
      if (!found.some((each) => /^ERROR: |Could not/.test(each))) break;
      continue;
    }
    if (derived.test(line) || found.length >= mostLines) break;
    if (isList || /^ {2,}\S/.test(line)) found.push(line.trim());
    else break;
  }
  return found.map((line) => line.trim());
}

function isError(line: string): boolean {
  return /^ERROR: |^[^\s:]+:\d+:\d+: ERROR: |^configure: error/.test(line);
}

function lastOf(lines: readonly string[]): readonly string[] | undefined {
  const last = lines
    .map((line) => line.trim())
    .filter((line) => line !== '' && !derived.test(line))
    .slice(-3);
  return last.length === 0 ? undefined : last;
}
