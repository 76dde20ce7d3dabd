import { basename } from 'node:path';
import type { MachinePaths } from './paths.ts';

/** The folder of all copies, in the state folder and in the runtime folder. */
export const copiesFolder = 'runs';

/** What `-n` takes for a copy while it is there. Pure. */
export function copyName({ id }: Pick<MachinePaths, 'id'>): string {
  return `copy-${basename(id)}`;
}

/** The id of the copy that is called so; undefined for what is no name of one. Pure. */
export function copyIdOf(name: string): string | undefined {
  const [, hex] = /^copy-([0-9a-f]{8})$/.exec(name) ?? [];
  return hex === undefined ? undefined : `${copiesFolder}/${hex}`;
}
