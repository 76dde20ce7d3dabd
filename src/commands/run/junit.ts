import { quoteForShell } from '../../shell-words.ts';
import type { JUnitCase } from '../../ui/junit.ts';
import type { RunReport } from './verdict.ts';

/** A run as a test case: what the command did wrong is a failure, so is a crash; the rest are errors. Pure. */
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

function problemOf({ outcome, status, message, crashes }: RunReport): JUnitCase['problem'] {
  if (outcome === 'exited' && status === 0) return undefined;
  const own = outcome === 'exited' || outcome === 'crashed' || outcome === 'timed-out';
  return {
    kind: own ? 'failure' : 'error',
    message: message ?? `The command ended with status ${status}.`,
    text: crashes.map(({ text }) => text).join('\n'),
  };
}
