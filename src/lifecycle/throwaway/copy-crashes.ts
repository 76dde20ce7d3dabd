import { copyFile, link, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { LifecycleContext } from '../lifecycle-context.ts';
import type { RepeatedCrash } from '../../crash/crash-report.ts';
import { stateRoot } from '../../system/places.ts';
import { silentPanic } from '../watch/silent-panic.ts';
import { readLog } from '../watch/read-crash-logs.ts';
import { makeFolder } from '../../system/make-folder.ts';

/** Consoles of crashed copies that are kept; the oldest go. */
const keptConsoles = 20;
/** A command that crashes a kernel in a loop has thousands. */
const mostCrashes = 50;

/** What the copy's kernel has reported; the panic device's word stands for a console that is silent. */
export async function findCrashes(
  consoleLog: string,
  panicked: boolean,
): Promise<readonly RepeatedCrash[]> {
  const log = await readLog(consoleLog, mostCrashes, new AbortController().signal).catch(
    () => undefined,
  );
  const crashes = log?.crashes ?? [];
  const told = crashes.some(({ panic }) => panic !== undefined);
  return panicked && !told ? [...crashes, silentPanic(crashes)] : crashes;
}

/** Keeps the console of a copy that crashed; gives its new place. */
export async function keepConsole(context: LifecycleContext, consoleLog: string): Promise<string> {
  const folder = join(stateRoot(context.env), 'crashed-runs');
  await makeFolder(folder, { mode: 0o700 });
  const time = context
    .now()
    .toISOString()
    .replaceAll(/[-:]|\.\d+/g, '');
  const draft = `${consoleLog}.kept`;
  await copyFile(consoleLog, draft);
  const file = await placeApart(draft, join(folder, `${time}-${process.pid}`));
  await rm(draft, { force: true });
  const names = (await readdir(folder)).toSorted();
  const old = names.slice(0, -keptConsoles).map((name) => join(folder, name));
  // Another utopia may remove the same ones.
  await Promise.all(old.map((each) => rm(each, { force: true })));
  return file;
}

/** Gives a file the first of `STEM.log`, `STEM-2.log` … that nobody has: several copies may crash in one second. */
async function placeApart(draft: string, stem: string): Promise<string> {
  for (let number = 1; ; number += 1) {
    const file = number === 1 ? `${stem}.log` : `${stem}-${number}.log`;
    try {
      await link(draft, file);
      return file;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
}
