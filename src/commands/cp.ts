import { lstat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { Context, GlobalOptions } from '../context.ts';
import { UtopiaError } from '../errors.ts';
import { copyFiles, type CopyRequest } from '../guest/copy.ts';
import { findGuest } from '../lifecycle/watch/guest-access.ts';
import { leadsToFolder } from '../system/look.ts';

export interface CpOptions {
  readonly login: string;
  /** As typed: one with a colon in front is in the guest; the last is where to. */
  readonly paths: readonly string[];
  readonly preserve: boolean;
}

/** `utopia cp`: files and folders between host and guest, over the shared connection. */
export async function runCp(
  context: Context,
  globals: GlobalOptions,
  { login, paths, preserve }: CpOptions,
): Promise<void> {
  const route = readRoute(paths, context.cwd);
  if (route.direction === 'to-guest') await checkSources(route.sources);
  else await checkTarget(route.target, route.sources.length);
  const { access } = await findGuest(context, globals, login);
  const progress = context.terminal.animated && !globals.quiet && !globals.json;
  try {
    await copyFiles(access, { ...route, preserve, progress });
  } catch (error) {
    // scp's progress leaves the cursor in its line.
    if (progress) context.terminal.err();
    throw error;
  }
}

/** Which way the paths go. Pure. Throws `usage`. */
export function readRoute(
  paths: readonly string[],
  cwd: string,
): Pick<CopyRequest, 'direction' | 'sources' | 'target'> {
  const sources = paths.slice(0, -1);
  const target = paths.at(-1) ?? '';
  if (sources.length === 0) {
    throw usage('One path says what to copy, or where to, and the other is missing.', target);
  }
  const inGuest = sources.filter((path) => path.startsWith(':'));
  if (target.startsWith(':')) {
    if (inGuest.length > 0) {
      throw new UtopiaError('usage', 'Source and target are both in the guest.', {
        hint: `utopia ssh -- cp ${inGuest[0]?.slice(1) ?? ''} ${target.slice(1)}`,
      });
    }
    return {
      direction: 'to-guest',
      // An absolute path is never taken for HOST:PATH, nor for an option.
      sources: sources.map((path) => resolve(cwd, path)),
      target: target.slice(1),
    };
  }
  if (inGuest.length < sources.length) {
    const path = sources.find((each) => !each.startsWith(':')) ?? '';
    if (inGuest.length === 0) throw usage('None of the paths is in the guest.', path);
    throw usage(`${path} is on the host, the other sources are in the guest.`, path);
  }
  return {
    direction: 'from-guest',
    sources: sources.map((path) => path.slice(1)),
    // A final slash says that it must be a folder.
    target: resolve(cwd, target) + (target.endsWith('/') ? '/' : ''),
  };
}

function usage(message: string, path: string): UtopiaError {
  return new UtopiaError('usage', message, {
    hint: `A colon marks the guest's side: utopia cp ${path} :  or  utopia cp :${path} .`,
  });
}

async function checkSources(sources: readonly string[]): Promise<void> {
  for (const path of sources) {
    const there = await lstat(path).catch(() => undefined);
    if (there !== undefined) continue;
    throw new UtopiaError('copy-failed', `There is no ${path} on the host. Nothing was copied.`, {
      hint: 'A path in the guest has a colon in front.',
    });
  }
}

async function checkTarget(target: string, count: number): Promise<void> {
  if (count > 1 && !(await leadsToFolder(target))) {
    throw new UtopiaError('copy-failed', `${target} is no folder, and ${count} things go there.`, {
      hint: `mkdir -p ${target}`,
    });
  }
  const parent = target.endsWith('/') ? target : dirname(target);
  if (await leadsToFolder(parent)) return;
  throw new UtopiaError('copy-failed', `There is no folder ${parent} to copy into.`, {
    hint: `mkdir -p ${parent}`,
  });
}
