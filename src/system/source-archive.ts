import type { TarMember } from './tar-headers.ts';

/** More than twice what Linux has by now: 1.6 GB in 90,000 files. QEMU with its firmware has less. */
const most = { bytes: 6e9, members: 400_000, depth: 40 } as const;

/**
 * Looks at the members of an archive that is to be a source, in their order: all of them below one
 * folder, no more than Linux or QEMU may have, links that stay in it. `take` throws a
 * RangeError for another one. Pure.
 */
export function createSourceCheck(): {
  take(member: TarMember): void;
  /** The folder that all lie in; undefined for an archive without members. */
  top(): string | undefined;
} {
  let top: string | undefined;
  let [bytes, members] = [0, 0];
  const links = new Set<string>();
  return {
    take: ({ path, kind, bytes: size, target }) => {
      // Of kernel.org's, git's note of the commit stands first, in an extended header.
      const parts = path.replace(/\/+$/, '').split('/');
      if (parts[0] === '.') parts.shift();
      const [first] = parts;
      if (first === undefined) return;
      if (
        path.startsWith('/') ||
        parts.some((part) => part === '' || part === '..' || part === '.')
      ) {
        throw new RangeError(`${quote(path)} leads out of it`);
      }
      top ??= first;
      if (first !== top) throw new RangeError(`${quote(path)} lies beside ${quote(top)}`);
      if (kind === 'other') throw new RangeError(`${quote(path)} is no file, folder or link`);
      const folder = parts.slice(0, -1);
      const isThroughLink = folder.some((_part, at) => links.has(parts.slice(0, at + 1).join('/')));
      if (isThroughLink) throw new RangeError(`${quote(path)} lies behind a link`);
      const start = kind === 'hard-link' ? [] : folder;
      const isLink = kind === 'link' || kind === 'hard-link';
      if (isLink && (folder.length === 0 || !staysBelow(start, target, top))) {
        throw new RangeError(`the link ${quote(path)} leads out of it`);
      }
      if (kind === 'link') links.add(parts.join('/'));
      bytes += size;
      members += 1;
      if (bytes > most.bytes || members > most.members || parts.length > most.depth) {
        throw new RangeError('it is larger than any such source');
      }
    },
    top: () => top,
  };
}

/** Whether a target, from this folder of the archive, never leaves the archive's first folder. */
function staysBelow(folder: readonly string[], target: string, top: string): boolean {
  if (target.startsWith('/')) return false;
  const at = [...folder];
  for (const part of target.split('/')) {
    if (part === '..') {
      if (at.length < 2) return false;
      at.pop();
    } else if (part !== '' && part !== '.') at.push(part);
  }
  return at[0] === top;
}

function quote(text: string): string {
  return JSON.stringify(text.slice(0, 200));
}
