import { readdir, realpath, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { readElf, type ElfObject } from './elf.ts';
import { chooseFunction } from './match.ts';
import type { CodePlace, Crash } from './crash-event.ts';

/** Where objects with debug information may lie. */
export interface ObjectPlaces {
  /** --vmlinux. */
  readonly vmlinux: string | undefined;
  /** Folders that are searched through: the share, the lab's folder. */
  readonly folders: readonly string[];
  /** Where distributions put debug information: /usr/lib/debug. */
  readonly debugRoot: string;
}

/** A module's or the kernel's object for the frames of a crash. */
export interface FoundObject {
  /** Undefined for the kernel itself. */
  readonly module: string | undefined;
  /** The first object that has all functions with their sizes; undefined when none was found. */
  readonly object: ElfObject | undefined;
  /** An object of that name is there, but is another build than the one that ran. */
  readonly otherBuild: string | undefined;
}

/** A share with a kernel tree in it has a hundred thousand files; further than this nobody waits. */
const mostEntries = 100_000;
const deepest = 8;
/** Files of a wanted name that are looked into; more are of no build that ran. */
const mostFiles = 64;
const skippedFolders: ReadonlySet<string> = new Set(['node_modules', '.git', 'Documentation']);

/** Finds, for each crash, an object for every module in its trace, and one for the kernel. */
export async function findObjects(
  crashes: readonly Crash[],
  places: ObjectPlaces,
): Promise<FoundObject[][]> {
  const wanted = crashes.map(framesByModule);
  const names = new Set(wanted.flatMap((modules) => [...modules.keys()].flatMap(fileNames)));
  const files =
    names.size === 0
      ? []
      : (await Promise.all(places.folders.map((folder) => searchObjects(folder, names)))).flat();
  const read = new Map<string, Promise<ElfObject | undefined>>();
  const readOnce = async (path: string): Promise<ElfObject | undefined> => {
    const reading = read.get(path) ?? readElf(path);
    read.set(path, reading);
    return await reading;
  };
  return await Promise.all(
    crashes.map(async (crash, index) => {
      const modules = [...(wanted[index] ?? [])];
      return await Promise.all(
        modules.map(async ([module, frames]) => {
          const given = module === undefined ? [places.vmlinux ?? []].flat() : [];
          const own = files.filter((file) => fileNames(module).includes(basename(file)));
          const candidates = [
            ...given,
            ...debugFiles(module, frames, crash, places.debugRoot),
            ...(await newestFirst(own)),
          ];
          return await choose(module, frames, candidates, readOnce);
        }),
      );
    }),
  );
}

function framesByModule({ trace }: Crash): Map<string | undefined, CodePlace[]> {
  const modules = new Map<string | undefined, CodePlace[]>();
  for (const frame of trace) {
    if (frame.uncertain === true) continue;
    const frames = modules.get(frame.module) ?? [];
    frames.push(frame);
    modules.set(frame.module, frames);
  }
  return modules;
}

async function choose(
  module: string | undefined,
  frames: readonly CodePlace[],
  candidates: readonly string[],
  read: (path: string) => Promise<ElfObject | undefined>,
): Promise<FoundObject> {
  let otherBuild: string | undefined;
  for (const path of new Set(candidates)) {
    const object = await read(path);
    if (object === undefined) continue;
    const id = frames.find(({ buildId }) => buildId !== undefined)?.buildId;
    const same = id === undefined || object.buildId === undefined || object.buildId.startsWith(id);
    const fitting = frames.filter((frame) => chooseFunction(object, frame) !== undefined);
    // An assembly entry has no size in some kernels: most frames are enough.
    if (same && fitting.length * 2 > frames.length) {
      return { module, object, otherBuild: undefined };
    }
    otherBuild ??= path;
  }
  return { module, object: undefined, otherBuild };
}

/** A module's name has _ where its file may have -. */
export function fileNames(module: string | undefined): readonly string[] {
  if (module === undefined) return ['vmlinux'];
  const names = [module, module.replaceAll('_', '-')];
  return names.flatMap((name) => [`${name}.ko`, `${name}.ko.debug`]);
}

/** Debug information as distributions install it, by build id and by release. */
function debugFiles(
  module: string | undefined,
  frames: readonly CodePlace[],
  { release }: Crash,
  root: string,
): readonly string[] {
  const ids = frames.flatMap(({ buildId }) => (buildId === undefined ? [] : [buildId]));
  const byId = ids.map((id) => join(root, '.build-id', id.slice(0, 2), `${id.slice(2)}.debug`));
  if (module !== undefined || release === undefined) return byId;
  return [
    ...byId,
    join(root, 'boot', `vmlinux-${release}`),
    join(root, 'lib/modules', release, 'vmlinux'),
    join('/lib/modules', release, 'build/vmlinux'),
  ];
}

/**
 * Files with one of these names below a folder, folders near its top first. A symbolic link
 * counts where it leads to a file in the folder: the guest makes links, too.
 */
export async function searchObjects(folder: string, names: ReadonlySet<string>): Promise<string[]> {
  const found: string[] = [];
  let level = [folder];
  let seen = 0;
  for (
    let depth = 0;
    depth < deepest && level.length > 0 && seen < mostEntries && found.length < mostFiles;
    depth += 1
  ) {
    const below: string[] = [];
    for (const each of level) {
      const entries = await readdir(each, { withFileTypes: true }).catch(() => []);
      seen += entries.length;
      for (const entry of entries) {
        if (entry.isDirectory() && !skippedFolders.has(entry.name)) {
          below.push(join(each, entry.name));
        } else if (names.has(entry.name)) {
          const path = join(each, entry.name);
          if (entry.isFile() || (entry.isSymbolicLink() && (await staysBelow(folder, path)))) {
            found.push(path);
          }
        }
      }
      if (seen >= mostEntries || found.length >= mostFiles) break;
    }
    level = below;
  }
  return found.slice(0, mostFiles);
}

async function staysBelow(folder: string, link: string): Promise<boolean> {
  const [top, end] = await Promise.all([realpath(folder), realpath(link)]).catch(() => ['', '']);
  return top !== '' && end.startsWith(`${top}/`);
}

export async function newestFirst(files: readonly string[]): Promise<string[]> {
  const dated = await Promise.all(
    files.map(async (file) => ({
      file,
      atMs: await stat(file).then(
        ({ mtimeMs }) => mtimeMs,
        () => 0,
      ),
    })),
  );
  return dated.toSorted((a, b) => b.atMs - a.atMs).map(({ file }) => file);
}
