import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** A process that has a file open. */
export interface FileUser {
  readonly pid: number;
  /** Short name as the kernel has it, at most 15 characters. */
  readonly program: string;
}

/** Every process that has the file open, as far as this user may see: other users' stay hidden. */
export async function findFileUsers(path: string): Promise<readonly FileUser[]> {
  const { dev, ino } = await stat(path);
  const users: FileUser[] = [];
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const folder = join('/proc', name, 'fd');
    const descriptors = await readdir(folder).catch(() => []);
    for (const descriptor of descriptors) {
      const opened = await stat(join(folder, descriptor)).catch(() => undefined);
      if (opened?.dev !== dev || opened.ino !== ino) continue;
      const program = await readFile(join('/proc', name, 'comm'), 'utf8').catch(() => '?');
      users.push({ pid: Number(name), program: program.trim() });
      break;
    }
  }
  return users;
}
