import { constants } from 'node:fs';
import { access, readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { UtopiaError } from '../../errors.ts';
import { availableBytes } from '../../image/free-space.ts';
import { estimateQemuBytes } from '../../qemu/qemu-build-needs.ts';
import { readBuilt } from '../../qemu/built.ts';
import type { QemuTree } from '../../qemu/qemu-tree.ts';
import { isReachable, isThere, leadsToFolder } from '../../system/look.ts';
import { makeFolder } from '../../system/make-folder.ts';
import { describeUnmade } from '../../system/out-of-space.ts';
import { namedFolderMode, underUsersUmask } from '../../system/umask.ts';
import { formatBytes } from '../../text/format.ts';
import { quoteForShell } from '../../text/shell-words.ts';
import type { LifecycleContext } from '../lifecycle-context.ts';
import { binaryOf, type QemuRequest } from './request.ts';
import { fitsMake } from '../../text/make-path.ts';

/** QEMU's configure refuses such a source, and make such a path. */
export function refuseBlank(folder: string): void {
  if (fitsMake(folder)) return;
  throw new UtopiaError(
    'source-unsuitable',
    `QEMU cannot be built with ${folder}: make takes no path with a blank or a colon.`,
    { hint: 'Move or rename the folder, or name others: -o FOLDER, --prefix FOLDER' },
  );
}

/** What shows that configure was run in a folder. */
const traces = ['config.log', 'build.ninja', 'config-host.mak', 'meson-private'];

/** Throws `source-unsuitable`, or `file-exists`, for folders in which make would not build, or spoil something. */
export async function refuseOtherUse({ folder }: QemuTree, out: string): Promise<void> {
  if (out === folder) {
    throw new UtopiaError('source-unsuitable', 'QEMU is not built in its source itself.', {
      hint: `Name another folder, or none for ${quoteForShell(join(folder, 'build'))}: -o FOLDER`,
    });
  }
  if (await isReachable(join(folder, 'config-host.mak'))) {
    throw new UtopiaError(
      'source-unsuitable',
      `${folder} was configured in itself: make builds elsewhere only from a clean source.`,
      { hint: `Clean it: make -C ${quoteForShell(folder)} distclean` },
    );
  }
  const names = await readdir(out).catch(() => []);
  const own = names.filter((name) => name.startsWith('.utopia-') || traces.includes(name));
  if (names.length === 0 || own.length > 0) return;
  throw new UtopiaError('file-exists', `${out} is not empty, and no folder of a QEMU build.`, {
    hint: 'Name a new or an empty folder: -o FOLDER',
  });
}

/** Throws `cannot-create` for a prefix that is not writable, `file-exists` for one with another QEMU. */
export async function requirePrefix(
  { prefix, replace }: QemuRequest,
  tree: QemuTree,
  { env }: LifecycleContext,
): Promise<void> {
  const hint = 'Name a folder of yours: --prefix ~/opt/qemu';
  const what = `QEMU cannot be installed into ${prefix}`;
  for (const folder of [prefix, join(prefix, 'bin'), join(prefix, 'share')]) {
    const there = await nearestThere(folder);
    if (!(await leadsToFolder(there))) {
      throw new UtopiaError('cannot-create', `${what}: ${there} is no folder.`, { hint });
    }
    await access(there, constants.W_OK | constants.X_OK).catch((error: unknown) => {
      throw describeUnmade(what, there, error, hint);
    });
  }
  const binary = binaryOf(prefix);
  if (replace || !(await isThere(binary))) return;
  const known = (await readBuilt(env)).find((built) => built.prefix === prefix);
  if (known?.source === tree.folder) return;
  const whose =
    known === undefined
      ? 'which utopia has not built'
      : `${known.version}, built from ${known.source}`;
  const other = `${prefix}-${tree.version}`;
  throw new UtopiaError('file-exists', `There is a QEMU in ${prefix} already, ${whose}.`, {
    hint: `Install beside it: --prefix ${quoteForShell(other)}\nor take its place: --replace`,
  });
}

/** The folder itself, or the first above it that is there. */
async function nearestThere(folder: string): Promise<string> {
  for (let each = folder; ; each = dirname(each)) {
    if ((await isThere(each)) || each === '/') return each;
  }
}

/** Makes the folder of objects. Throws `cannot-create`. */
export async function makeOut(out: string, { folder }: QemuTree): Promise<void> {
  const mode = namedFolderMode();
  try {
    await underUsersUmask(() => makeFolder(out, { mode }));
    await access(out, constants.W_OK);
  } catch (error) {
    throw describeUnmade(
      `${out} cannot be made`,
      out,
      error,
      out.startsWith(`${folder}/`)
        ? 'Build elsewhere: -o FOLDER'
        : 'Name another folder: -o FOLDER',
    );
  }
}

/** Refuses where not even half of what is needed is free; a warning where it may not be enough. */
export async function checkRoom(
  tree: QemuTree,
  out: string,
  prefix: string,
): Promise<readonly string[]> {
  const { objects, installed } = estimateQemuBytes(tree);
  // What is there already is not needed once more.
  const again = await isReachable(join(out, 'qemu-system-x86_64'));
  const needs = [
    { folder: await nearestThere(out), bytes: again ? objects / 10 : objects, option: '-o' },
    { folder: await nearestThere(prefix), bytes: installed, option: '--prefix' },
  ];
  const warnings: string[] = [];
  for (const { folder, bytes, option } of needs) {
    const free = await availableBytes(folder);
    if (free >= bytes) continue;
    const room = `${formatBytes(free)} are free in ${folder}, and this QEMU takes about ${formatBytes(bytes)} there.`;
    if (free < bytes / 2) {
      throw new UtopiaError('disk-full', `Too little room: ${room}`, {
        hint: `Free some space, or name a folder with more room: ${option} FOLDER`,
      });
    }
    warnings.push(`Only ${room}`);
  }
  return warnings;
}
