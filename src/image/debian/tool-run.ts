import { execa, ExecaError } from 'execa';
import { UtopiaError } from '../../errors.ts';
import { underUmask } from '../../system/umask.ts';

/** How a tool of the builder is run. */
export interface ToolRun {
  readonly path: string;
  readonly signal: AbortSignal;
  /** Called with each line of stdout and stderr as it comes. */
  readonly onLine?: (line: string) => void;
  /** The next step for a failure with these last lines; undefined where there is none to name. */
  readonly advise?: (lines: readonly string[]) => string | undefined;
  /** An open file that the tool finds as /dev/fd/0, whatever it may see of the folders around it. */
  readonly file?: number;
}

/** Tools whose name a failure is reported under, whatever runs them. */
const shownTools: readonly string[] = ['mke2fs', 'mmdebstrap'];

/** Lines of a failing tool that are shown. */
const shownLines = 12;

/**
 * Runs one tool to its end. Throws UtopiaError `image-build-failed` with the
 * tool's last lines, and passes the abort on as the signal's own reason.
 */
export async function runTool(argv: readonly string[], run: ToolRun): Promise<void> {
  const [program = '', ...args] = argv;
  const name = shownTools.find((tool) => argv.includes(tool)) ?? program;
  const tail: string[] = [];
  try {
    const settings = {
      env: {
        PATH: run.path,
        LC_ALL: 'C.UTF-8',
        LANGUAGE: 'C',
        DEBIAN_FRONTEND: 'noninteractive',
        // Not the user's: a folder that the mapped root cannot enter breaks maintainer scripts.
        TMPDIR: undefined,
      },
      all: true,
      buffer: false,
      // execa passes any descriptor on; its types know only 0.
      stdin: (run.file ?? 'ignore') as 'ignore',
      cancelSignal: run.signal,
      // mmdebstrap tidies up after SIGTERM: it kills apt and removes what it made.
      killSignal: 'SIGTERM',
      forceKillAfterDelay: 15_000,
    } as const;
    // What it makes without a mode of its own becomes the guest's, where everybody reads it.
    const child = underUmask(0o022, () => execa(program, args, settings));
    for await (const line of child.iterable({ from: 'all' })) {
      if (line.trim() !== '') {
        tail.push(line.trimEnd());
        if (tail.length > shownLines) tail.shift();
      }
      run.onLine?.(line);
    }
    await child;
  } catch (error) {
    run.signal.throwIfAborted();
    if (!(error instanceof ExecaError)) throw error;
    const end =
      error.exitCode === undefined
        ? `ended by ${error.signal ?? 'the system'}`
        : `status ${error.exitCode}`;
    const hint = run.advise?.(tail);
    throw new UtopiaError('image-build-failed', `${name} failed (${end}); no image was made.`, {
      ...(hint === undefined ? {} : { hint }),
      details: tail.length === 0 ? [error.shortMessage] : tail,
      cause: error,
    });
  }
}
