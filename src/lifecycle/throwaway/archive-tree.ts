import type { TarMember } from '../../system/tar-headers.ts';

/** What an archive holds, by name: files lie in a draft, and nothing of the archive's names is there. */
export type Node = Folder | File | Link;

export interface Folder {
  readonly kind: 'folder';
  readonly children: Map<string, Node>;
}

export interface File {
  readonly kind: 'file';
  /** Its number in the draft. */
  readonly number: number;
  readonly bytes: number;
  /** The number of the file that it is another name of. */
  readonly sameAs?: number;
}

export interface Link {
  readonly kind: 'link';
  readonly target: string;
}

/** Something that is not brought back, and why. */
export interface LeftOut {
  readonly path: string;
  readonly why: string;
}

/** Bounds of what is brought back from a guest. */
export interface ArchiveBounds {
  /** Of all files together. */
  readonly bytes: number;
  /** Files, folders and links. */
  readonly members: number;
  /** Folders one in the other. */
  readonly depth: number;
}

/** More than a kernel's tree has, with its objects. */
export const mostMembers = 200_000;
/** No folder of a lab is so deep; each costs an open file while it is written. */
export const mostDepth = 64;
/** NAME_MAX and PATH_MAX of Linux. */
const longestName = 255;
const longestPath = 4_096;
/** Names take memory: a hundred thousand of usual length. */
const mostNameBytes = 32 * 2 ** 20;
/** As many links as the kernel follows for one path (path_resolution(7)). */
const mostHops = 40;

/** What is left out is told; a guest can have any number of links. */
const mostLeftOut = 20;

export interface ArchiveTree {
  /** Notes a member; gives the file that is to be made of it. Throws a RangeError for what no honest guest sends. */
  add(member: TarMember): File | undefined;
  find(path: string): Node | undefined;
  /** Drops links that lead out of the path that they were brought back with; call it once, at the end. */
  dropLinksOut(): void;
  readonly leftOut: readonly LeftOut[];
}

/**
 * The members of an archive of these paths, as a tree. A member of another path, or below
 * something that is no folder, is refused: the archive is then no honest one. Pure.
 */
export function createArchiveTree(wanted: readonly string[], bounds: ArchiveBounds): ArchiveTree {
  const root: Folder = { kind: 'folder', children: new Map() };
  const leftOut: LeftOut[] = [];
  let [bytes, members, nameBytes, files] = [0, 0, 0, 0];

  const leave = (path: string, why: string): void => {
    if (leftOut.length < mostLeftOut) leftOut.push({ path, why });
  };

  function parentOf(parts: readonly string[]): Folder {
    let folder = root;
    for (const part of parts.slice(0, -1)) {
      const found = folder.children.get(part) ?? { kind: 'folder', children: new Map() };
      if (found.kind !== 'folder') throw new RangeError('a member below one that is no folder');
      folder.children.set(part, found);
      folder = found;
    }
    return folder;
  }

  function spend(size: number): void {
    bytes += size;
    if (bytes > bounds.bytes) throw new RangeError(`more than ${bounds.bytes} bytes`);
  }

  /** The node that a member is; undefined for one that is left out. */
  function nodeOf(member: TarMember, before: Node | undefined): Node | undefined {
    const { kind, path } = member;
    if (kind === 'folder') return before ?? { kind, children: new Map() };
    if (kind === 'link') return { kind, target: member.target };
    if (kind === 'file') {
      spend(member.bytes);
      files += 1;
      return { kind, number: files, bytes: member.bytes };
    }
    if (kind === 'hard-link') {
      const first = find(split(member.target));
      if (first?.kind !== 'file') throw new RangeError('a hard link to no file of the archive');
      // As large as a copy, which it may have to become.
      spend(first.bytes);
      files += 1;
      return { kind: 'file', number: files, bytes: first.bytes, sameAs: first.number };
    }
    leave(path, 'it is a device, a pipe or the like');
    return undefined;
  }

  function find(parts: readonly string[]): Node | undefined {
    let node: Node | undefined = root;
    for (const part of parts) node = node?.kind === 'folder' ? node.children.get(part) : undefined;
    return node;
  }

  return {
    leftOut,
    find: (path) => find(split(path)),
    add: (member) => {
      members += 1;
      nameBytes += Buffer.byteLength(member.path) + Buffer.byteLength(member.target);
      if (members > bounds.members) throw new RangeError(`more than ${bounds.members} members`);
      if (nameBytes > mostNameBytes) throw new RangeError('names without end');
      const parts = split(member.path);
      const path = parts.join('/');
      if (parts.length > bounds.depth) throw new RangeError(`folders deeper than ${bounds.depth}`);
      if (!wanted.some((each) => path === each || path.startsWith(`${each}/`))) {
        throw new RangeError('a member that was not asked for');
      }
      const parent = parentOf(parts);
      const name = parts.at(-1) ?? '';
      const before = parent.children.get(name);
      if (before !== undefined && (before.kind === 'folder') !== (member.kind === 'folder')) {
        throw new RangeError('a member that is a folder and is none');
      }
      const node = nodeOf({ ...member, path }, before);
      if (node !== undefined) parent.children.set(name, node);
      return node?.kind === 'file' ? node : undefined;
    },
    dropLinksOut: () => {
      for (const path of wanted) {
        const top = split(path);
        const bad = linksOut(top, find(top), (parts) => find([...top, ...parts]));
        for (const parts of bad) {
          leave([...top, ...parts].join('/'), 'it is a link that leads to nothing brought back');
          const parent = find([...top, ...parts].slice(0, -1));
          if (parent?.kind === 'folder') parent.children.delete([...top, ...parts].at(-1) ?? '');
        }
      }
    },
  };
}

/** Parts of a path without `.` and blank ones. Throws a RangeError for one that is absolute or leads up. */
function split(path: string): string[] {
  const parts = path.split('/').filter((part) => part !== '' && part !== '.');
  const good =
    !path.startsWith('/') &&
    parts.length > 0 &&
    Buffer.byteLength(path) <= longestPath &&
    // A name that was not UTF-8 would come back as another one.
    parts.every(
      (part) => part !== '..' && Buffer.byteLength(part) <= longestName && !part.includes('\uFFFD'),
    );
  if (good) return parts;
  throw new RangeError(`the path ${JSON.stringify(path.slice(0, 80))}`);
}

/** Paths, below `top`, of links whose end is not a file or folder below it, deepest first. */
function linksOut(
  top: readonly string[],
  node: Node | undefined,
  find: (parts: readonly string[]) => Node | undefined,
): string[][] {
  const links: string[][] = [];
  const look = (each: Node | undefined, parts: string[]): void => {
    if (each?.kind === 'link') links.push(parts);
    if (each?.kind !== 'folder') return;
    for (const [name, child] of each.children) look(child, [...parts, name]);
  };
  look(node, []);
  const budget = { steps: mostSteps };
  // The path itself has nothing around it: whatever it leads to was not brought back.
  return links.filter((parts) => parts.length === 0 || !staysInside(parts, find, budget));
}

/** Names that are looked up for all links together; a guest can chain them for ever. */
const mostSteps = 4_000_000;

/** Follows a link within its tree, as the kernel would. */
function staysInside(
  link: readonly string[],
  find: (parts: readonly string[]) => Node | undefined,
  budget: { steps: number },
): boolean {
  let at = link.slice(0, -1);
  /** What is still to be followed, the next part last. */
  const todo = link.slice(-1);
  let hops = 0;
  for (let part = todo.pop(); part !== undefined; part = todo.pop()) {
    budget.steps -= 1;
    if (budget.steps < 0) throw new RangeError('links without end');
    if (part === '' || part === '.') continue;
    if (part === '..') {
      if (at.length === 0) return false;
      at = at.slice(0, -1);
      continue;
    }
    const node = find([...at, part]);
    if (node === undefined) return false;
    if (node.kind !== 'link') {
      if (node.kind === 'file' && todo.length > 0) return false;
      at = [...at, part];
      continue;
    }
    hops += 1;
    const { target } = node;
    const useless = target === '' || target.length > longestPath || target.startsWith('/');
    if (hops > mostHops || useless) return false;
    todo.push(...target.split('/').toReversed());
  }
  return true;
}
