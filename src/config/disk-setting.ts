import { basename } from 'node:path';
import { clip } from './bounds.ts';
import { splitWords } from './extra-args.ts';
import { Refusal } from './setting.ts';
import type { DiskMode, DiskSetting } from './machine-config.ts';

/** An exercise disk as written, its path not yet resolved; without a name it gets one from its file. */
export interface WrittenDisk {
  readonly path: string;
  readonly mode: DiskMode;
  readonly name: string | undefined;
}

const modes: readonly string[] = ['snapshot', 'ro', 'rw'] satisfies readonly DiskMode[];

/** virtio-blk keeps 20 bytes of a serial number (VIRTIO_BLK_ID_BYTES). */
const longestName = 20;
const namePattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,19}$/;

/** PCI slots that a machine leaves free, with some for the user's own devices. */
const mostDisks = 16;

/** Reads UTOPIA_DISKS: words as the shell quotes them, each `PATH[:ro|:rw|:snapshot][:NAME]`. */
export function readDisks(text: string): readonly WrittenDisk[] | Refusal {
  const words = splitWords(text);
  if (words instanceof Refusal) return words;
  if (words.length > mostDisks) {
    return new Refusal(`names ${words.length} disks; a machine takes ${mostDisks}`);
  }
  const disks: WrittenDisk[] = [];
  for (const word of words) {
    const disk = readDisk(word);
    if (disk instanceof Refusal) return disk;
    if (disk.name !== undefined && disks.some(({ name }) => name === disk.name)) {
      return new Refusal(`names two disks ${disk.name}`, 'Give each disk a name of its own.');
    }
    disks.push(disk);
  }
  return disks;
}

/** A path may hold colons: then its mode must stand behind it. */
function readDisk(word: string): WrittenDisk | Refusal {
  const parts = word.split(':');
  const last = parts.at(-1) ?? '';
  const before = parts.at(-2) ?? '';
  if (parts.length > 1 && isMode(last)) return checked(parts.slice(0, -1), last, undefined);
  if (parts.length > 2 && isMode(before)) return checked(parts.slice(0, -2), before, last);
  if (parts.length > 1) return checked(parts.slice(0, -1), 'snapshot', last);
  return checked(parts, 'snapshot', undefined);
}

function checked(
  pathParts: readonly string[],
  mode: DiskMode,
  name: string | undefined,
): WrittenDisk | Refusal {
  const path = pathParts.join(':');
  if (path === '') return new Refusal('has a disk without a file', diskForm);
  if (path.startsWith('~/')) {
    return new Refusal(
      'has a ~ within quotes, which stays a ~',
      `Write $HOME${clip(path.slice(1))}`,
    );
  }
  if (name !== undefined && !namePattern.test(name)) {
    return new Refusal(
      `gives a disk the name ${JSON.stringify(clip(name))}`,
      `A name has up to ${longestName} letters, digits and . _ - (it becomes the disk's serial number). ` +
        `A path with a colon needs its mode behind it: ${clip(path)}:${clip(name)}:snapshot`,
    );
  }
  return { path, mode, name };
}

const diskForm =
  'Write FILE, FILE:ro, FILE:rw or FILE:snapshot, and :NAME behind it for another name.';

function isMode(text: string): text is DiskMode {
  return modes.includes(text);
}

/** Gives every disk its absolute path and a name that no other has. */
export function resolveDisks(
  written: readonly WrittenDisk[],
  absolute: (path: string) => string,
): DiskSetting[] {
  const taken = new Set(written.flatMap(({ name }) => name ?? []));
  return written.map((disk, index) => {
    const path = absolute(disk.path);
    const name = disk.name ?? freeName(nameOfFile(path) ?? `disk${index + 1}`, taken);
    taken.add(name);
    return { path, mode: disk.mode, name };
  });
}

/** The file's name without its ending, as far as a serial number can hold it. */
function nameOfFile(path: string): string | undefined {
  const plain = basename(path)
    .replace(/\.(?:img|raw|qcow2|iso|bin|disk)$/i, '')
    .replaceAll(/[^A-Za-z0-9._-]+/g, '-')
    .replace(/^[^A-Za-z0-9]+/, '')
    .slice(0, longestName)
    .replace(/[^A-Za-z0-9]+$/, '');
  return plain === '' ? undefined : plain;
}

function freeName(wanted: string, taken: ReadonlySet<string>): string {
  for (let number = 2, name = wanted; ; number += 1) {
    if (!taken.has(name)) return name;
    name = `${wanted.slice(0, longestName - 1 - String(number).length)}-${number}`;
  }
}

/** `PATH:MODE:NAME`, as `utopia config` prints it. */
export function formatDisk({ path, mode, name }: DiskSetting): string {
  return `${path}:${mode}:${name}`;
}
