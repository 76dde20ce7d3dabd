import { chmod, lstat, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import type { Environment } from '../../environment.ts';
import type { AsOwner } from './privilege.ts';
import { buildPath } from './build-tools.ts';

/** A folder for one build: the new root and the files that go into it. */
export interface Workspace {
  /** Absolute; everybody may enter it, since in a user namespace root is somebody else. */
  readonly folder: string;
  readonly tree: string;
  readonly files: string;
  remove(): Promise<void>;
}

/** `$TMPDIR`, else /var/tmp: a root filesystem of a gigabyte is too big for a /tmp in memory. */
export function workspaceParent(env: Environment): string {
  return env['TMPDIR'] || '/var/tmp';
}

/** Makes a workspace, and removes those of builds that were killed. */
export async function openWorkspace(
  env: Environment,
  uid: number,
  asOwner: AsOwner,
): Promise<Workspace> {
  const parent = workspaceParent(env);
  const prefix = `utopia-build-${uid}-`;
  await removeAbandoned(parent, prefix, uid, env, asOwner);
  const folder = await mkdtemp(join(parent, prefix));
  await chmod(folder, 0o755);
  await writeFile(join(folder, 'pid'), await processIdentity(process.pid));
  return {
    folder,
    tree: join(folder, 'root'),
    files: join(folder, 'files'),
    remove: () => removeFolder(folder, env, asOwner),
  };
}

async function removeAbandoned(
  parent: string,
  prefix: string,
  uid: number,
  env: Environment,
  asOwner: AsOwner,
): Promise<void> {
  for (const name of await readdir(parent)) {
    if (!name.startsWith(prefix)) continue;
    const folder = join(parent, name);
    const status = await lstat(folder).catch(() => undefined);
    if (status?.isDirectory() !== true || status.uid !== uid) continue;
    const owner = await readFile(join(folder, 'pid'), 'utf8').catch(() => '');
    // A folder without the file is a build that is just starting, unless it is old.
    if (owner === '' && Date.now() - status.mtimeMs < 60_000) continue;
    const pid = Number.parseInt(owner, 10);
    const alive = pid > 0 && (await processIdentity(pid)) === owner;
    if (!alive) await removeFolder(folder, env, asOwner);
  }
}

/** `PID START`: a process id together with its start time in ticks, since ids are used again. */
async function processIdentity(pid: number): Promise<string> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  // The name stands in parentheses and may hold blanks; the start time is field 22.
  const start = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  return `${pid} ${start}`;
}

/**
 * The tree belongs to mapped ids: only inside the namespace may it be removed. A
 * killed build's mmdebstrap may still be ending, so it is tried again for a while.
 */
async function removeFolder(folder: string, env: Environment, asOwner: AsOwner): Promise<void> {
  const [program = '', ...args] = asOwner(['rm', '-rf', '--one-file-system', join(folder, 'root')]);
  for (let attempt = 0; attempt < 10; attempt += 1) {
    await execa(program, args, { env: { PATH: buildPath(env) }, reject: false });
    try {
      await rm(folder, { recursive: true, force: true });
      return;
    } catch {
      await sleep(300);
    }
  }
}
