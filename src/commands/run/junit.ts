import { quoteForShell } from '../../text/shell-words.ts';
import type { JUnitCase } from '../../ui/junit.ts';
import type { RunReport } from '../../lifecycle/throwaway/run-verdict.ts';

/** Name of the suite, and of each case's class. */
export const junitSuite = 'utopia run';

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
