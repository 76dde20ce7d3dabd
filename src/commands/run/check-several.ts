import { resolve } from 'node:path';
import { UtopiaError } from '../../errors.ts';
import type { RunOptions } from '../../lifecycle/several/run-options.ts';
import { isBelow } from '../../text/is-below.ts';

/** Throws `usage` for options of several runs with a single one, and where a guest could write verdicts. */
export function checkSeveral(cwd: string, options: RunOptions, several: boolean): void {
  const { results, logs, resume, use, kernels, each, commands, keep, flags } = options;
  if (several && options.watchesCrashes && flags.UTOPIA_ON_CRASH === 'pause') {
    throw new UtopiaError('usage', 'A copy that is paused at a crash is for a single run.', {
      hint: 'Run that one alone, or keep the crashes of all: --on-crash keep',
    });
  }
  if (kernels.length > 1 && (each.length > 0 || commands !== undefined || keep !== undefined)) {
    const other = keep !== undefined ? '--keep' : commands === undefined ? '--each' : '--commands';
    throw new UtopiaError('usage', `Several kernels do not go with ${other}.`, {
      hint: `Name one kernel, or leave out ${other}.`,
    });
  }
  const named = { '--results': results, '--logs': logs };
  for (const [option, folder] of Object.entries(named)) {
    if (folder === undefined) continue;
    if (!several) throw useless(option);
    if (use === 'write' && isBelow(cwd, resolve(cwd, folder))) {
      const message = `With --rw every copy could write to ${folder}, the folder of ${option}.`;
      const hint = `Name one outside of this folder, as in ${option} ../${option.slice(2)}`;
      throw new UtopiaError('usage', message, { hint });
    }
  }
  if (!resume) return;
  if (!several) throw useless('--resume');
  if (results === undefined) {
    throw new UtopiaError(
      'usage',
      '--resume goes on from the verdicts of --results, which is missing.',
      {
        hint: 'utopia run --results DIR --resume … with the DIR of the run that was ended',
      },
    );
  }
}

function useless(option: string): UtopiaError {
  return new UtopiaError('usage', `${option} is for several runs, and this is one.`, {
    hint: 'utopia run --each PATH…, --commands FILE or --kernel A,B makes several; --json reports a single one.',
  });
}
