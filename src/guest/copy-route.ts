import { lstat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { UtopiaError } from '../errors.ts';
import { leadsToFolder } from '../system/look.ts';
import type { CopyRequest } from './copy.ts';
import { quoteForShell } from '../text/shell-words.ts';

/** From where to where files are copied. */
export type CopyRoute = Pick<CopyRequest, 'direction' | 'sources' | 'target'>;

/** Which way the paths go: one with a colon in front is in the guest; the last is where to. Pure. Throws `usage`. */
export function readRoute(paths: readonly string[], cwd: string): CopyRoute {
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

/**
 * Looks at the host's side of a copy before the guest is asked. Throws `copy-failed` where a source
 * is not there, or the target has no folder.
 */
export async function checkRoute({ direction, sources, target }: CopyRoute): Promise<void> {
  if (direction === 'to-guest') await checkSources(sources);
  else await checkTarget(target, sources.length);
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
      hint: `mkdir -p ${quoteForShell(target)}`,
    });
  }
  const parent = target.endsWith('/') ? target : dirname(target);
  if (await leadsToFolder(parent)) return;
  throw new UtopiaError('copy-failed', `There is no folder ${parent} to copy into.`, {
    hint: `mkdir -p ${parent}`,
  });
}
