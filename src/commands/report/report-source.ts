import { resolve } from 'node:path';
import type { Context, GlobalOptions } from '../../context.ts';
import { readSha256 } from '../../image/fetch/image-names.ts';
import type { GotSource } from '../../lifecycle/source/fetch-source.ts';
import type { ProgressDisplay } from '../../progress-events.ts';
import { homeFolder } from '../../system/places.ts';
import { shortenForShell } from '../../text/shorten-path.ts';
import { openProgress } from '../../ui/progress.ts';
import { fitsMake } from '../../text/make-path.ts';
import type { Terminal } from '../../ui/terminal.ts';

export interface GetSourceOptions {
  /** As typed; relative to the current folder. */
  readonly folder: string | undefined;
  readonly sha256: string | undefined;
}

/** Where a source goes, and what its archive must have. */
export interface WantedSource {
  readonly folder: string | undefined;
  readonly sha256: string | undefined;
}

/** What a source is called, and what is done with it next. */
export interface SourceWords {
  readonly name: string;
  /** Takes the folder: `utopia kernel config`. */
  readonly next: string;
  /** What is said of its checksum where none was given. */
  readonly describeSum: (got: GotSource) => readonly string[];
}

/** Gets a source with a display, and says what came of it. Throws `usage`, and what `get` throws. */
export async function reportSource(
  context: Context,
  globals: GlobalOptions,
  { folder, sha256 }: GetSourceOptions,
  words: SourceWords,
  get: (wanted: WantedSource, display: ProgressDisplay) => Promise<GotSource>,
): Promise<void> {
  const { terminal, cwd, env } = context;
  const wanted = {
    sha256: readSha256(sha256),
    folder: folder === undefined ? undefined : resolve(cwd, folder),
  };
  if (!globals.quiet && !globals.json) warnOfPath(terminal, wanted.folder ?? cwd);
  const display = await openProgress(terminal, { quiet: globals.quiet || globals.json });
  try {
    const got = await get(wanted, display);
    display.close();
    if (globals.json) {
      terminal.json({ schema: 1, ...got });
      return;
    }
    const [sum, ...more] =
      sha256 === undefined ? words.describeSum(got) : ['its checksum is the given one'];
    terminal.outWhole(got.path);
    terminal.out(`  ${words.name} ${got.version}${sum === undefined ? '' : `; ${sum}`}`);
    for (const line of [...more, ...(got.signature === null ? [] : [got.signature])]) {
      terminal.out(`  ${line}`);
    }
    terminal.outWhole(`  next  ${words.next} ${shortenForShell(got.path, cwd, homeFolder(env))}`);
  } finally {
    display.close();
  }
}

/** Said before a download of minutes: a build would refuse the folder. */
export function warnOfPath(terminal: Terminal, folder: string): void {
  if (fitsMake(folder)) return;
  const mark = terminal.errColor.yellow(terminal.symbols.warn);
  terminal.err(
    `${mark} make takes no path with a blank or a colon, so nothing is built in ${folder}.`,
  );
  terminal.err('  Name another folder for it, as the last word.');
}
