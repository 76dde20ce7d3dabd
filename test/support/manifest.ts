import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';

/**
 * What is in a folder and below it: for each path its kind, mode, owner, time of
 * last change and content, as one line. Two are equal when nothing has changed.
 * `without` names paths, relative to the folder, that are left out with all below.
 */
export function manifestOf(folder: string, without: readonly string[] = []): readonly string[] {
  const lines: string[] = [];
  const visit = (path: string): void => {
    if (without.includes(path)) return;
    const whole = join(folder, path);
    const status = lstatSync(whole);
    const what = `${path || '.'} ${status.mode.toString(8)} ${status.uid}:${status.gid}`;
    if (status.isDirectory()) {
      lines.push(what);
      for (const name of readdirSync(whole).toSorted()) visit(join(path, name));
    } else if (status.isSymbolicLink()) {
      lines.push(`${what} -> ${readlinkSync(whole)}`);
    } else if (status.isFile()) {
      const sum = createHash('sha256').update(readFileSync(whole)).digest('hex');
      lines.push(`${what} ${status.mtimeMs} ${sum}`);
    } else {
      lines.push(what);
    }
  };
  visit('');
  return lines;
}
