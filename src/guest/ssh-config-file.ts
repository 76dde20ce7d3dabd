import { copyFile, readdir, realpath, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { writeFileAtomically } from '../system/atomic-file.ts';
import { UtopiaError } from '../errors.ts';
import { formatLocalTime } from '../text/local-time.ts';
import { includeLine, withInclude, withoutInclude } from './ssh-host-block.ts';
import { readRegularFile, whyUnreadable } from '../system/regular-file.ts';
import { makeFolder } from '../system/make-folder.ts';
import { describeUnmade } from '../system/out-of-space.ts';
import { quoteForShell } from '../text/shell-words.ts';

/** Where plain ssh reads and where we write. */
export interface SshConfigPlaces {
  /** ~/.ssh/config, which may be a symbolic link and may be missing. */
  readonly userFile: string;
  /** Folder of ours with a file a machine. */
  readonly folder: string;
  readonly machineId: string;
}

/** What was done to ~/.ssh/config. */
export interface UserFileChange {
  readonly changed: boolean;
  /** Copy of what it was before; undefined where there was none, or nothing was changed. */
  readonly backup: string | undefined;
}

/** The machine's own file. */
export function blockFile({ folder, machineId }: SshConfigPlaces): string {
  return join(folder, `${machineId}.conf`);
}

/**
 * Writes the machine's block and sees to the one line that includes it. Throws
 * `cannot-create` with what to add by hand where ~/.ssh/config cannot be written.
 */
export async function installBlock(
  places: SshConfigPlaces,
  block: string,
  now: Date,
): Promise<UserFileChange> {
  await makeFolder(places.folder, { mode: 0o700 });
  await writeFileAtomically(blockFile(places), block, { mode: 0o600 });
  return await changeUserFile(places, withInclude, now);
}

/** Takes the machine's block away, and with the last one the line that includes them. */
export async function removeBlock(places: SshConfigPlaces, now: Date): Promise<UserFileChange> {
  await rm(blockFile(places), { force: true });
  const names = await readdir(places.folder).catch(() => []);
  if (names.some((name) => name.endsWith('.conf'))) return { changed: false, backup: undefined };
  return await changeUserFile(places, withoutInclude, now);
}

async function changeUserFile(
  { userFile, folder }: SshConfigPlaces,
  change: (text: string, folder: string) => string,
  now: Date,
): Promise<UserFileChange> {
  // Whoever keeps his settings in a repository of his own has a link here: it stays one.
  const file = await realpath(userFile).catch(() => userFile);
  const before = await readText(file);
  const after = change(before ?? '', Buffer.from(folder).toString('latin1'));
  if (after === (before ?? '')) return { changed: false, backup: undefined };
  try {
    await makeFolder(dirname(userFile), { mode: 0o700 });
    if (before === undefined) {
      await writeFileAtomically(file, bytesOf(after), { mode: 0o600 });
      return { changed: true, backup: undefined };
    }
    const backup = `${file}.before-utopia-${formatLocalTime(now).replaceAll(/\D+/g, '')}`;
    await copyFile(file, backup);
    await writeFileAtomically(file, bytesOf(after), { mode: (await stat(file)).mode & 0o777 });
    return { changed: true, backup };
  } catch (error) {
    const hint = `Its first line is to be:\n${includeLine(folder)}`;
    throw describeUnmade(`${userFile} cannot be changed`, userFile, error, hint);
  }
}

/** A character a byte: what in the file is not UTF-8 stays as it is. */
function bytesOf(text: string): Buffer {
  return Buffer.from(text, 'latin1');
}

async function readText(file: string): Promise<string | undefined> {
  try {
    return (await readRegularFile(file)).toString('latin1');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new UtopiaError('cannot-create', `${file} cannot be read: ${whyUnreadable(error)}`, {
      hint: `ls -l ${quoteForShell(file)}`,
      cause: error,
    });
  }
}
