import { join } from 'node:path';
import { UtopiaError } from '../errors.ts';
import { isReachable } from '../system/look.ts';
import { readRegularText } from '../system/regular-file.ts';
import { quoteForShell } from '../text/shell-words.ts';

/** QEMU's source. */
export interface QemuTree {
  /** Absolute. */
  readonly folder: string;
  /** As its file VERSION has it: `9.2.0`, `9.1.91` (a release candidate). */
  readonly version: string;
}

/** What every release since 0.12 has. */
const parts = ['configure', 'Makefile', 'qemu-options.hx', 'hw', 'pc-bios'] as const;

/** QEMU's version as its file VERSION has it; undefined for another text. Pure. */
export function parseQemuVersion(text: string): string | undefined {
  return /^(\d{1,3}(?:\.\d{1,3}){1,3}(?:-rc\d{1,2})?)\s*$/.exec(text)?.[1];
}

/** The QEMU tree in a folder. Throws `source-unsuitable` for a folder that is none. */
export async function readQemuTree(folder: string): Promise<QemuTree> {
  const text = await readRegularText(join(folder, 'VERSION')).catch(() => '');
  const version = parseQemuVersion(text);
  const there = await Promise.all(parts.map((each) => isReachable(join(folder, each))));
  const lacks = parts.find((_part, at) => there[at] === false);
  if (version !== undefined && lacks === undefined) return { folder, version };
  if (await isReachable(join(folder, 'Kbuild'))) {
    throw new UtopiaError('source-unsuitable', `${folder} is a kernel's source, not QEMU's.`, {
      hint: `utopia kernel build ${quoteForShell(folder)}`,
    });
  }
  const why =
    lacks === undefined ? 'its file VERSION has no version of QEMU' : `${lacks} is missing in it`;
  throw new UtopiaError('source-unsuitable', `${folder} is no source of QEMU: ${why}.`, {
    hint: 'Get one: utopia qemu get      (or name the folder that has its configure)',
  });
}
