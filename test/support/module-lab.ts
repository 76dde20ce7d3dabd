import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeHeadersDisk } from './headers-disk.ts';
import { makeLab, type Lab } from './lab.ts';
import { temporaryFolder } from './temporary-folder.ts';

interface LabSettings {
  readonly env?: NodeJS.ProcessEnv;
  /** utopia has built the image. */
  readonly isOurs?: boolean;
  /** See makeLab. */
  readonly within?: readonly string[];
}

/** A lab whose image has headers, with a module in a folder that make can take. */
export async function openModuleLab(
  options: Parameters<typeof makeHeadersDisk>[1] & LabSettings = {},
): Promise<Lab & { readonly module: string; readonly backing: string }> {
  const aside = temporaryFolder();
  const { env = {}, isOurs = true, within = [] } = options;
  const backing = makeHeadersDisk(aside.path, options);
  const lab = await makeLab({ backing, env, within });
  const module = join(aside.path, 'module');
  mkdirSync(module);
  writeFileSync(join(module, 'Makefile'), 'obj-m := hello.o\n');
  writeFileSync(join(module, 'hello.c'), 'int hello = 1;\n');
  // The record that utopia leaves beside an image that it has built.
  const record = { suite: 'x', profile: 'lab', recipe: 'x', sizeBytes: 1, builtAt: '2026-01-01' };
  if (isOurs)
    writeFileSync(`${aside.path}/headers.raw.json`, JSON.stringify({ schema: 1, ...record }));
  return {
    ...lab,
    ...{ module, backing },
    [Symbol.asyncDispose]: async () => {
      await lab[Symbol.asyncDispose]();
      aside[Symbol.dispose]();
    },
  };
}
