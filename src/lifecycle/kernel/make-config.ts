import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { LifecycleContext } from '../lifecycle-context.ts';
import { UtopiaError } from '../../errors.ts';
import {
  fragmentLine,
  mostConfigBytes,
  parseKernelConfig,
  type KernelConfig,
} from '../../kernel/config-text.ts';
import type { ConfigNote } from '../../kernel/config-note.ts';
import { writeConfigNote } from '../../kernel/config-note.ts';
import {
  explainDrop,
  findDropped,
  type DroppedOption,
  type DropReason,
} from '../../kernel/dropped.ts';
import { machineFragment, wantedOptions, type KernelFragment } from '../../kernel/fragments.ts';
import { readKconfigEntries } from '../../kernel/read-kconfig.ts';
import type { KernelTree } from '../../kernel/kernel-tree.ts';
import { draftPath, removeDrafts, writeFileAtomically } from '../../system/atomic-file.ts';
import { isReachable } from '../../system/look.ts';
import { makeFolder } from '../../system/make-folder.ts';
import { readRegularText } from '../../system/regular-file.ts';
import { namedFileMode, namedFolderMode } from '../../system/umask.ts';
import { missingKeys, tinyFragments, writeBase, type ConfigBase } from './config-base.ts';
import { keepOldConfig } from './keep-old-config.ts';
import { runKernelMake, runMergeConfig, runMenuconfig } from './kernel-make.ts';
import { fitsMake } from '../../text/make-path.ts';

export interface ConfigRequest {
  readonly tree: KernelTree;
  /** Absolute; the tree itself, or the folder of the objects (make O=). */
  readonly out: string;
  readonly base: ConfigBase;
  readonly named: readonly KernelFragment[];
  /** Files of the user's: absolute path and text. */
  readonly files: readonly { readonly path: string; readonly text: string }[];
  /** OPTION and VALUE of --set. */
  readonly set: readonly (readonly [option: string, value: string])[];
  /** Opens menuconfig on the result, before it takes its place. */
  readonly menu: boolean;
}

export interface DroppedWithReason extends DroppedOption {
  readonly reason: DropReason;
  /** A fragment of ours asked for it, and not the user by its name. */
  readonly ours: boolean;
}

export interface MadeConfig {
  /** Absolute path of the .config. */
  readonly file: string;
  readonly config: KernelConfig;
  readonly dropped: readonly DroppedWithReason[];
  /** Where the .config that was there before is now; undefined without one, or for an equal one. */
  readonly keptAs: string | undefined;
  /** Files of keys that the base names and this tree has not: the options are empty now. */
  readonly keysLeftOut: readonly string[];
  /** The .config was there, and is what it would have become. */
  readonly unchanged: boolean;
}

/**
 * Makes a .config by the kernel's own scripts: the base, our fragment, those by name, the user's
 * files, single options; merge_config.sh, then olddefconfig. All of it happens in a folder aside,
 * and the .config takes its place by a rename: one that was there keeps another name. Throws
 * `kernel-unsuitable` with what make said.
 */
export async function makeKernelConfig(
  context: LifecycleContext,
  request: ConfigRequest,
): Promise<MadeConfig> {
  const { tree, out, base } = request;
  const file = join(out, '.config');
  refuseBlanks(tree.folder, out);
  await refuseUncleanTree(tree, out);
  await makeFolder(out, { mode: namedFolderMode() });
  await removeDrafts(file);
  const draft = draftPath(file);
  await mkdir(draft);
  try {
    const make = { context, tree, out, draft };
    await writeBase(make, request);
    const keys = await missingKeys(tree, base);
    const own = [
      ...keys.map(({ option }) => `${fragmentLine(option, '""')}\n`),
      ...(base.kind === 'tiny' ? await tinyFragments(tree) : []),
      machineFragment.text,
    ];
    const typed = [
      ...request.files.map(({ text }) => text),
      request.set.map(([option, value]) => `${fragmentLine(option, value)}\n`).join(''),
    ];
    const asked = [...request.named.map(({ text }) => text), ...typed];
    await runMergeConfig(
      make,
      [...own, ...asked].filter((text) => text.trim() !== ''),
    );
    await runKernelMake(make, '.config', 'olddefconfig');
    const wanted = wantedOptions([machineFragment.text, ...asked]);
    const dropped = await explainDropped(
      context,
      tree,
      findDropped(wanted, await readConfig(join(draft, '.config'))),
      await readConfig(join(draft, '.config')),
      wantedOptions(typed),
    );
    if (request.menu) await runMenuconfig(make);
    const text = await readFile(join(draft, '.config'), 'utf8');
    const before = await readRegularText(file, mostConfigBytes).catch(() => undefined);
    const unchanged = before === text;
    const keptAs = before === undefined || unchanged ? undefined : await keepOldConfig(out, before);
    if (!unchanged) await writeFileAtomically(file, text, { mode: namedFileMode() });
    await writeConfigNote(out, noteOf(request));
    const keysLeftOut = keys.map(({ path }) => path);
    return { file, config: await readConfig(file), dropped, keptAs, keysLeftOut, unchanged };
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

/** The top Makefile of a kernel refuses these; make says it in words that hide it. */
function refuseBlanks(...folders: readonly string[]): void {
  const wrong = folders.find((each) => !fitsMake(each));
  if (wrong === undefined) return;
  throw new UtopiaError(
    'kernel-unsuitable',
    `${wrong} has a blank or a colon in its path, and a kernel is not built there.`,
    { hint: 'Give the folder another name, or name another one: -o OUT' },
  );
}

/** make O= refuses a tree that was built in; it is told before anything is begun. */
async function refuseUncleanTree({ folder }: KernelTree, out: string): Promise<void> {
  if (out === folder) return;
  for (const sign of ['.config', 'include/config', 'arch/x86/include/generated']) {
    if (!(await isReachable(join(folder, sign)))) continue;
    throw new UtopiaError(
      'kernel-unsuitable',
      `${folder} was configured or built in, so make builds nowhere else (${sign} is there).`,
      {
        hint: `Leave -o out, or clean the tree, which removes its .config: make -C ${folder} mrproper`,
      },
    );
  }
}

async function readConfig(path: string): Promise<KernelConfig> {
  const config = parseKernelConfig(await readRegularText(path, mostConfigBytes));
  if (config !== undefined) return config;
  throw new UtopiaError(
    'kernel-unsuitable',
    'make olddefconfig left a configuration without options.',
    {
      hint: 'See whether make olddefconfig works in that tree.',
    },
  );
}

async function explainDropped(
  { signal }: LifecycleContext,
  { folder }: KernelTree,
  dropped: readonly DroppedOption[],
  config: KernelConfig,
  asked: ReadonlyMap<string, string>,
): Promise<DroppedWithReason[]> {
  if (dropped.length === 0) return [];
  const names = new Set(dropped.map(({ option }) => option));
  const entries = await readKconfigEntries(folder, names, signal);
  return dropped.map((each) => ({
    ...each,
    reason: explainDrop(each, entries.get(each.option), config),
    ours: !asked.has(each.option),
  }));
}

function noteOf({ base, named, set, files }: ConfigRequest): ConfigNote {
  return {
    schema: 1,
    base: base.kind,
    with: named.map(({ name }) => name),
    set: set.map(([option, value]) => `${option}=${value}`),
    fragments: files.map(({ path }) => path),
  };
}
