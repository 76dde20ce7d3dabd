import { UtopiaError } from '../../errors.ts';
import type { BuildMessage } from '../../kernel/build-output.ts';
import { describeMessage } from '../kernel/build-kernel.ts';
import type { WayEnd } from './module-build.ts';

/** Errors that are shown. */
const shownErrors = 20;

/** A build that failed, or that made nothing, as an error. Pure. */
export function describeFailure(
  { succeeded, output }: WayEnd,
  {
    errors,
    count,
    lastLines,
  }: {
    readonly errors: readonly BuildMessage[];
    readonly count: number;
    readonly lastLines: readonly string[];
  },
): UtopiaError {
  if (succeeded) {
    return new UtopiaError('kernel-build-failed', 'Nothing was built: no object is asked for.', {
      hint: 'The Kbuild or Makefile names them, as in: obj-m := hello.o',
    });
  }
  const shown = errors.slice(0, shownErrors).map(describeMessage);
  const more = count - shown.length;
  const last = lastLines.length > 0 ? lastLines : output.trimEnd().split('\n').slice(-12);
  return new UtopiaError(
    'kernel-build-failed',
    count === 0
      ? 'The build failed.'
      : `The build failed: ${count} ${count === 1 ? 'error' : 'errors'}.`,
    {
      details: [
        ...(shown.length > 0 ? shown : last.map((line) => `| ${line}`)),
        ...(more > 0 ? [`and ${more} more`] : []),
      ],
    },
  );
}
