import type { ImageProfile } from '../image/debian/profile.ts';
import { bootPromises, type BootPromise } from './boot-promises.ts';

/** A promise that was not kept, with what was seen instead. */
export interface BrokenPromise {
  readonly promise: BootPromise;
  readonly seen: string;
}

/** Those of a profile; of every image where its profile is not known. Pure. */
export function promisesOf(profile?: ImageProfile): readonly BootPromise[] {
  return bootPromises.filter(
    ({ profiles }) =>
      profiles === undefined || (profile !== undefined && profiles.includes(profile)),
  );
}

/** A line of its own before each answer. */
const answerMark = '@@utopia-answer ';
/** Bytes of an answer that are looked at; a failed unit's line has a hundred. */
const answerBytes = 4096;

/** Shell text that puts all questions, one after the other. Pure. */
export function promisesScript(promises: readonly BootPromise[]): string {
  return promises
    .map(
      ({ id, question }) =>
        `printf '\\n%s\\n' '${answerMark}${id}'; (\n${question}\n) 2>&1 < /dev/null | head -c ${answerBytes}`,
    )
    .join('\n');
}

/** The answers by id, out of what the script has printed. Pure. */
export function readAnswers(output: string): ReadonlyMap<string, string> {
  const answers = new Map<string, string>();
  for (const part of output.split(`\n${answerMark}`).slice(1)) {
    const end = part.indexOf('\n');
    if (end !== -1) answers.set(part.slice(0, end), part.slice(end + 1).trim());
  }
  return answers;
}

/** What a console shows of ordering cycles and failed units. */
const consoleFaults = /ordering cycle|\[[^\]]*(?:FAILED|DEPEND)[^\]]*\]/i;
const shownFaults = 5;

/**
 * The promises that the answers, and the text of the serial console, do not keep. Pure. A
 * fault that only the console knows, since systemd could not write it down, counts as one, too.
 */
export function brokenPromises(
  promises: readonly BootPromise[],
  answers: ReadonlyMap<string, string>,
  consoleText: string,
): readonly BrokenPromise[] {
  const faults = consoleText
    .split('\n')
    .filter((line) => consoleFaults.test(line))
    .slice(0, shownFaults);
  return promises.flatMap((promise): BrokenPromise[] => {
    const answer = answers.get(promise.id);
    if (promise.id === 'no-failed-unit' && faults.length > 0) {
      return [{ promise, seen: [answer ?? '', ...faults].join('\n') }];
    }
    const seen = promise.console === true ? consoleText : answer;
    if (seen !== undefined && promise.expected.test(seen)) return [];
    return [{ promise, seen: answer ?? 'no answer' }];
  });
}

/** Has the console shown what it is to show? Whoever judges a boot waits for it. Pure. */
export function isConsoleDone(promises: readonly BootPromise[], consoleText: string): boolean {
  return promises.every((each) => each.console !== true || each.expected.test(consoleText));
}
