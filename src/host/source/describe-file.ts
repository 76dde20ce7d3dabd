import type { FileStatus } from './host-source.ts';

/** A file's type, mode and owner in words: `device 10:232, mode 0660, owner 0, group 993`. */
export function describeFile(file: FileStatus): string {
  const kind = { chr: 'device', file: 'plain file', dir: 'folder', other: 'special file' }[
    file.type
  ];
  const numbers = file.rdev === undefined ? '' : ` ${file.rdev.join(':')}`;
  const mode = file.mode.toString(8).padStart(4, '0');
  return `${kind}${numbers}, mode ${mode}, owner ${file.uid}, group ${file.gid}`;
}

/** Everybody may read and write it: a refusal has another reason than the group. */
export function mayEverybody({ mode }: Pick<FileStatus, 'mode'>): boolean {
  return (mode & 0o006) === 0o006;
}

/** Its group may read and write it. */
export function mayGroup({ mode }: Pick<FileStatus, 'mode'>): boolean {
  return (mode & 0o060) === 0o060;
}
