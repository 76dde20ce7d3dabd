import type { Stats } from 'node:fs';
import { access, lstat, realpath, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { dotenvName } from '../../config/dotenv/load-dotenv.ts';
import type { LifecycleContext, LifecycleOptions } from '../lifecycle-context.ts';
import type { Environment } from '../../environment.ts';
import { machinePaths, pathsOfId } from '../../machine/paths.ts';
import { machineIds } from '../../machine/registry.ts';
import { readState } from '../../machine/state.ts';
import { isWritableByOthers, nameOwner, trustedOwners } from '../../system/owners.ts';
import { homeFolder } from '../../system/places.ts';
import { quoteForShell } from '../../text/shell-words.ts';
import { shortenPath } from '../../text/shorten-path.ts';
import { countOf } from '../../text/format.ts';

/** What makes a folder a machine's, besides that one was started there: its settings, its disk, its memory. */
const ownFiles = [
  'utopia.config',
  'private.qcow2',
  'private.qcow2.vmstate',
  'private.qcow2.snapshots',
] as const;

/** What the folders above the current one have. */
export interface Search {
  /** Physical path of the nearest folder with a machine, and by how many folders it is above; undefined for none. */
  readonly found: { readonly folder: string; readonly levels: number } | undefined;
  /** Why something that is there was not taken, as sentences. */
  readonly remarks: readonly string[];
}

/**
 * Looks for a machine in the folders above `cwd`, along its physical path, as git looks for a
 * repository (gitrepository-layout(5), GIT_DISCOVERY_ACROSS_FILESYSTEM): up to the user's home,
 * which counts, on one file system, and no further than to a folder, a config or a disk that
 * neither the user nor root owns. A folder in which others can write is no machine's, and a file
 * that a guest can have written says nothing. The current folder's own machine needs no search.
 */
export async function searchUpwards(
  { env }: Pick<LifecycleContext, 'env'>,
  cwd: string,
  uid = process.getuid?.() ?? 0,
): Promise<Search> {
  const nothing: Search = { found: undefined, remarks: [] };
  const start = await realpath(cwd).catch(() => undefined);
  if (start === undefined || (await isMachines(start, env, uid))) return nothing;
  const owners = trustedOwners(env, uid);
  const home = await realpath(homeFolder(env)).catch(() => undefined);
  const facts = await stat(start).catch(() => undefined);
  if (facts === undefined) return nothing;
  const remarks: string[] = [];
  if (!owners.has(facts.uid)) return await stopped(start, facts.uid, remarks);

  for (let folder = start, levels = 1; folder !== '/' && folder !== home; levels += 1) {
    folder = dirname(folder);
    const above = await stat(folder).catch(() => undefined);
    if (above === undefined || above.dev !== facts.dev) break;
    if (!owners.has(above.uid)) return await stopped(folder, above.uid, remarks);
    const look = await lookInto(folder, above, owners, uid);
    if (look.kind === 'refused') return { found: undefined, remarks: [...remarks, look.why] };
    const started = await wasStarted(folder, env, uid);
    if (!started && look.kind === 'nothing') continue;
    const open = await findOpenDotenv(folder, above, uid);
    if (open !== undefined) return { found: undefined, remarks: [...remarks, open] };
    const guest = started ? undefined : await guestThatWritesTo(folder, env, uid);
    if (guest === undefined) return { found: { folder, levels }, remarks };
    remarks.push(
      `${join(folder, look.name ?? '')} is passed over: the guest of ${guest} can write there.`,
    );
  }
  return { found: undefined, remarks };

  /** Tells of a machine that lies behind the folder at which the search has ended; nothing of it is read. */
  async function stopped(at: string, owner: number, before: readonly string[]): Promise<Search> {
    for (let folder = at; folder !== '/' && folder !== home;) {
      folder = dirname(folder);
      if (!(await wasStarted(folder, env, uid))) continue;
      const why = `The search for a machine ended at ${at}: ${nameOwner(owner)} owns it. That of ${folder}: utopia -C ${quoteForShell(folder)} …`;
      return { found: undefined, remarks: [...before, why] };
    }
    return { found: undefined, remarks: before };
  }
}

type Look =
  | { readonly kind: 'nothing'; readonly name?: undefined }
  | { readonly kind: 'own'; readonly name: string }
  | { readonly kind: 'refused'; readonly why: string };

/** What a folder has of a machine's files, and whether they are to be believed. */
async function lookInto(
  folder: string,
  above: Stats,
  owners: ReadonlySet<number>,
  uid: number,
): Promise<Look> {
  let own: Look = { kind: 'nothing' };
  for (const name of ownFiles) {
    const path = join(folder, name);
    const file = await lstat(path).catch(() => undefined);
    if (file === undefined) continue;
    if (!owners.has(file.uid)) {
      return { kind: 'refused', why: `${path} is not read: ${nameOwner(file.uid)} owns it.` };
    }
    // What a link leads to is looked at when it is read; its own mode says nothing.
    const open = isWritableByOthers(above, uid) ? folder : isOpen(file, uid) ? path : undefined;
    if (open !== undefined) return { kind: 'refused', why: describeOpen(path, open, folder) };
    if (own.kind === 'nothing') own = { kind: 'own', name };
  }
  return own;
}

/**
 * Why the .env of a folder that has a machine is none to go by. It makes no folder a machine's, and
 * one of another owner is left out where it is read, with a word about it.
 */
async function findOpenDotenv(
  folder: string,
  above: Stats,
  uid: number,
): Promise<string | undefined> {
  const path = join(folder, dotenvName);
  const file = await lstat(path).catch(() => undefined);
  if (file === undefined) return undefined;
  const open = isWritableByOthers(above, uid) ? folder : isOpen(file, uid) ? path : undefined;
  return open === undefined ? undefined : describeOpen(path, open, folder);
}

function describeOpen(path: string, open: string, folder: string): string {
  return `${path} is not read: others can write to ${open}. If it is yours: utopia -C ${quoteForShell(folder)} …`;
}

function isOpen(file: Stats, uid: number): boolean {
  return !file.isSymbolicLink() && isWritableByOthers(file, uid);
}

/** Whether the folder has a machine of its own, whoever made it. */
async function isMachines(folder: string, env: Environment, uid: number): Promise<boolean> {
  for (const name of ownFiles) if (await isThere(join(folder, name), lstat)) return true;
  return await wasStarted(folder, env, uid);
}

/** Whether the user has started a machine in this folder, or is just doing so. */
async function wasStarted(folder: string, env: Environment, uid: number): Promise<boolean> {
  const paths = machinePaths({ file: join(folder, 'utopia.config') }, env, uid);
  for (const file of [paths.stateFile, paths.pidFile, paths.startingFile]) {
    if (await isThere(file, access)) return true;
  }
  return false;
}

async function isThere(path: string, look: (path: string) => Promise<unknown>): Promise<boolean> {
  return await look(path).then(
    () => true,
    () => false,
  );
}

/** Folder of the machine whose guest can write to this folder, since it lies in its share. */
async function guestThatWritesTo(
  folder: string,
  env: Environment,
  uid: number,
): Promise<string | undefined> {
  for (const id of await machineIds(env)) {
    const state = await readState(pathsOfId(id, env, uid));
    const shared: unknown = state?.plan.sharedDir;
    if (state === undefined || typeof shared !== 'string') continue;
    const real = await realpath(shared).catch(() => shared);
    if (folder === real || folder.startsWith(`${real}/`)) return dirname(state.file);
  }
  return undefined;
}

/**
 * The same options with the machine of a folder above where the current folder has none, and
 * none was named; says on stderr which one. For commands about a machine that is there.
 */
export async function lookUpwards(
  context: LifecycleContext,
  globals: LifecycleOptions,
): Promise<LifecycleOptions> {
  const { config, machine, here = false } = globals;
  if (config !== undefined || machine !== undefined || here) return globals;
  const { found, remarks } = await searchUpwards(context, context.cwd);
  if (!globals.quiet) sayRemarks(context, remarks);
  if (found === undefined) return globals;
  if (!globals.quiet) context.reporter.line(`machine of ${nameFound(context, found)}`);
  return takeFound(globals, found);
}

/** These options, for the machine that was found. */
export function takeFound(
  globals: LifecycleOptions,
  { folder, levels }: NonNullable<Search['found']>,
): LifecycleOptions {
  return { ...globals, machine: { file: join(folder, 'utopia.config'), levels } };
}

/** `~/lab (2 folders up)`. */
export function nameFound(
  { cwd, env }: Pick<LifecycleContext, 'cwd' | 'env'>,
  { folder, levels }: NonNullable<Search['found']>,
): string {
  const home = homeFolder(env);
  const name = folder === home ? '~' : shortenPath(folder, cwd, home);
  return `${name} (${countOf(levels, 'folder')} up)`;
}

export function sayRemarks({ reporter }: LifecycleContext, remarks: readonly string[]): void {
  for (const remark of remarks) reporter.warn(remark);
}
