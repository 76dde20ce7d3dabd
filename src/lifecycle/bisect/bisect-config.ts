import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { UtopiaError } from '../../errors.ts';
import { mostConfigBytes, parseKernelConfig } from '../../kernel/config-text.ts';
import { judgeConfig } from '../../kernel/judge-config.ts';
import { writeFileAtomically } from '../../system/atomic-file.ts';
import { readKnown } from '../../system/json-file.ts';
import { isThere } from '../../system/look.ts';
import { makeFolder } from '../../system/make-folder.ts';
import { readRegularText, whyUnreadable } from '../../system/regular-file.ts';
import { namedFileMode } from '../../system/umask.ts';
import { quoteForShell } from '../../text/shell-words.ts';
import { aText, object, oneOf } from '../../text/shape.ts';
import { makeOut } from '../kernel/prepare-build.ts';
import type { Bisection } from './bisection.ts';

/** Names in the bisection's folder; logs of steps lie beside them. */
export const bisectFiles = {
  /** The .config of the bisection's start. */
  config: 'config',
  note: 'bisection.json',
  lock: 'lock',
  /** There while a step has its own .config in the place of that one. */
  underWay: 'under-way',
} as const;

const shape = object({ schema: oneOf(1), id: aText });

/** The .config that every step begins with. */
export interface KeptConfig {
  readonly text: string;
  /** This is the bisection's first step. */
  readonly isNew: boolean;
}

/**
 * The .config of the bisection's start: the kept one, or that of `out` at the first step, when
 * what an earlier bisection has left goes. Throws `kernel-unsuitable` where there is none, where
 * it boots nothing (asked at the first step), and where somebody has changed it since.
 */
export async function keepConfig(
  { folder, id }: Pick<Bisection, 'folder' | 'id'>,
  out: string,
  booted: { readonly version: string | undefined; readonly hasInitrd: boolean },
): Promise<KeptConfig> {
  const note = await readKnown(join(folder, bisectFiles.note), shape);
  const file = join(folder, bisectFiles.config);
  const kept =
    note?.id === id
      ? await readRegularText(file, mostConfigBytes).catch(() => undefined)
      : undefined;
  if (kept !== undefined) {
    await refuseChanged(folder, out, kept);
    return { text: kept, isNew: false };
  }
  const text = await readStart(out);
  refuseUnbootable(join(out, '.config'), text, booted);
  await clear(folder);
  await writeFileAtomically(file, text);
  await writeFileAtomically(join(folder, bisectFiles.note), JSON.stringify({ schema: 1, id }));
  return { text, isNew: true };
}

/** Gives `out` this .config for a step. It is new also where it is the same: olddefconfig is to look at it. */
export async function placeConfig(folder: string, out: string, text: string): Promise<void> {
  await writeFileAtomically(join(folder, bisectFiles.underWay), '');
  await makeOut(out);
  await writeFileAtomically(join(out, '.config'), text, { mode: namedFileMode() });
}

/** Gives it back after the step, as the user has had it. */
export async function restoreConfig(folder: string, out: string, text: string): Promise<void> {
  const file = join(out, '.config');
  const there = await readRegularText(file, mostConfigBytes).catch(() => undefined);
  if (there !== text) await writeFileAtomically(file, text, { mode: namedFileMode() });
  await rm(join(folder, bisectFiles.underWay), { force: true });
}

async function readStart(out: string): Promise<string> {
  const file = join(out, '.config');
  let text: string;
  try {
    text = await readRegularText(file, mostConfigBytes);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const isMissing = code === 'ENOENT' || code === 'ENOTDIR';
    throw new UtopiaError(
      'kernel-unsuitable',
      isMissing
        ? `There is no .config in ${out} that this bisection could begin with.`
        : `${file} cannot be read: ${whyUnreadable(error)}`,
      { hint: 'Make one that boots: utopia kernel config    (-o OUT, where run has it, too)' },
    );
  }
  if (parseKernelConfig(text) !== undefined) return text;
  throw new UtopiaError('kernel-unsuitable', `${file} is no configuration of a kernel.`, {
    hint: 'Make one that boots: utopia kernel config',
  });
}

/** Every step would build for minutes, wait for a boot that cannot be, and be skipped. */
function refuseUnbootable(
  file: string,
  text: string,
  { version, hasInitrd }: { readonly version: string | undefined; readonly hasInitrd: boolean },
): void {
  const config = parseKernelConfig(text);
  if (config === undefined || !config.complete) return;
  const { verdict, headline, findings } = judgeConfig(config, config.version ?? version);
  if (verdict === 'boots' || (verdict === 'needs-initramfs' && hasInitrd)) return;
  const [first] = findings;
  throw new UtopiaError(
    'kernel-unsuitable',
    verdict === 'needs-initramfs'
      ? `A kernel of ${file} needs an initramfs to boot in the machine.`
      : `A kernel of ${file} does not boot in the machine${headline === undefined ? '' : `: ${headline}`}.`,
    {
      details: first === undefined ? [] : [`${first.option} is ${first.have}. ${first.effect}`],
      hint: 'utopia kernel check says all; utopia kernel config --base .config makes one that boots.',
    },
  );
}

/** Somebody who edits it in between means something by it, and would lose it. */
async function refuseChanged(folder: string, out: string, kept: string): Promise<void> {
  const file = join(out, '.config');
  const there = await readRegularText(file, mostConfigBytes).catch(() => undefined);
  if (there === undefined || there === kept) return;
  // What a step that was killed has left is nobody's.
  if (await isThere(join(folder, bisectFiles.underWay))) return;
  const [own, place] = [join(folder, bisectFiles.config), file].map(quoteForShell);
  throw new UtopiaError('kernel-unsuitable', `${file} was changed since this bisection began.`, {
    details: [`With the changed one for the steps that remain: rm ${own}`],
    hint: `As it was: cp ${own} ${place}`,
  });
}

async function clear(folder: string): Promise<void> {
  await makeFolder(folder, { mode: 0o700 });
  for (const name of await readdir(folder)) {
    // The lock is held by whoever clears.
    if (name !== bisectFiles.lock) await rm(join(folder, name), { recursive: true, force: true });
  }
}
