import { chmodSync, copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import type { Lab } from './lab.ts';

/** A folder in which the commands of a page run as a reader types them. */
export interface PageFolder {
  readonly folder: string;
  /** With `utopia` in its PATH. */
  readonly env: NodeJS.ProcessEnv;
}

/** A folder beside the lab's, for the same machine, whose name a kernel's Makefile takes: it refuses blanks and commas. */
export function makePageFolder(lab: Lab): PageFolder {
  const folder = join(dirname(lab.folder), 'kernel-lab');
  const bin = join(dirname(lab.folder), 'bin');
  mkdirSync(folder);
  mkdirSync(bin);
  const utopia = join(bin, 'utopia');
  writeFileSync(utopia, `#!/bin/sh\nexec '${lab.command.join("' '")}' "$@"\n`);
  chmodSync(utopia, 0o755);
  copyFileSync(join(lab.folder, 'utopia.config'), join(folder, 'utopia.config'));
  return { folder, env: { ...lab.env, PATH: `${bin}${delimiter}${lab.env['PATH']}` } };
}
