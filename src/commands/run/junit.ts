import { UtopiaError } from '../../errors.ts';
import type { NamedPlace } from '../../system/named-place.ts';
import { quoteForShell } from '../../text/shell-words.ts';
import type { JUnitCase } from '../../ui/junit.ts';
import type { RunReport } from '../../lifecycle/throwaway/run-verdict.ts';
import { isOutOfRoom, reasonOf } from '../../system/out-of-space.ts';

/** Name of the suite, and of each case's class. */
export const junitSuite = 'utopia run';
export const junitHint = 'Name a file in a folder that is yours and no link: --junit FILE';

/** Writes the file of --junit. Throws `cannot-create`. */
export async function writeJUnit(
  marks: NamedPlace | undefined,
  pieces: AsyncIterable<string> | Iterable<string>,
): Promise<void> {
  try {
    await marks?.write(pieces);
  } catch (error) {
    const message = `Cannot write the file of --junit: ${reasonOf(error)}`;
    throw new UtopiaError(isOutOfRoom(error) ? 'disk-full' : 'cannot-create', message, {
      hint: isOutOfRoom(error) ? 'Free some space there, or name another: --junit FILE' : junitHint,
      cause: error,
    });
  }
}

/** A run as a test case: what was run, or befell its guest, is a failure; trouble of this host an error; one that was interrupted is skipped. Pure. */
export function junitCase(report: RunReport): JUnitCase {
  const { command, commandMs, stdout, stderr } = report;
  return {
    name: command.map(quoteForShell).join(' '),
    seconds: commandMs / 1000,
    problem: problemOf(report),
    stdout,
    stderr,
  };
}

function problemOf({ fault, status, message, crashes }: RunReport): JUnitCase['problem'] {
  if (fault === null && status === 0) return undefined;
  return {
    kind: fault === null ? 'skipped' : fault === 'command' ? 'failure' : 'error',
    message: message ?? `The command ended with status ${status}.`,
    text: crashes.map(({ text }) => text).join('\n'),
  };
}
