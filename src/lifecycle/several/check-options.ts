import { resolve } from 'node:path';
import { UtopiaError } from '../../errors.ts';
import { isBelow } from '../../text/is-below.ts';
import { checkCopyOut } from '../throwaway/copy-out.ts';
import { checkKeep } from '../throwaway/kept-names.ts';
import type { RunOptions } from './run-options.ts';

/** Throws `usage` where there is nothing to run, or two things. */
export function checkCommand({ words, commands }: RunOptions): void {
  if ((words.length === 0) === (commands !== undefined)) return;
  const both = commands !== undefined;
  throw new UtopiaError(
    'usage',
    both
      ? `There is a command, ${words.join(' ')}, beside those of --commands ${commands}.`
      : 'There is no command to run.',
    { hint: both ? 'Leave one of them out.' : 'As in: utopia run -- ./test.sh' },
  );
}

/**
 * Throws `usage` for options of a run, or of several, that do not go together, and what `checkKeep`
 * throws. `cwd` is where relative paths start.
 */
export async function checkOptions(cwd: string, options: RunOptions): Promise<void> {
  checkCopyOut(options);
  checkSeveral(cwd, options);
  checkShare(options);
  if (options.keep !== undefined) await checkKeep(cwd, options.keep);
}

/** Throws `usage` for what --each alone has, and for what would be lost with it. Pure. */
function checkShare({ each, with: others, shareFolder, use }: RunOptions): void {
  if (each.length > 0 && use === 'write' && !shareFolder) {
    throw new UtopiaError('usage', 'With --each, a copy has nothing of this folder to write to.', {
      hint: "Bring files back with --copy-out '{}/log', or add --share-folder.",
    });
  }
  if (others.length === 0 || (each.length > 0 && !shareFolder)) return;
  throw new UtopiaError('usage', 'The copies see the whole folder, also without --with.', {
    hint: 'Leave --with out, or use it with --each and without --share-folder.',
  });
}

/** Throws `usage` for options of several runs with a single one, and where a guest could write verdicts. */
function checkSeveral(cwd: string, options: RunOptions): void {
  const { results, logs, resume, use, kernels, each, commands, keep, flags } = options;
  const several = each.length > 0 || commands !== undefined || kernels.length > 1;
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
