import { existsSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import type { Crash } from './crash-event.ts';

/** Where our images mount the share. */
const guestShare = '/home/user/shared/';

/**
 * A path in the guest's share as the host has it. A relative one, as a build with
 * -ffile-prefix-map leaves it, is that of the first of `folders` in which there is such a file;
 * others (those of the kernel's tree) stay as they are.
 */
export function hostPath(file: string, folders: readonly [string, ...string[]]): string {
  if (file.startsWith(guestShare)) return join(folders[0], file.slice(guestShare.length));
  if (isAbsolute(file)) return file;
  return folders.map((folder) => join(folder, file)).find((path) => existsSync(path)) ?? file;
}

/** A crash whose files in the share, the first of the folders, are those of the host. */
export function withHostPaths<C extends Pick<Crash, 'file' | 'trace'>>(
  crash: C,
  folders: readonly [string, ...string[]],
): C {
  const move = <T extends { readonly file?: string }>(each: T): T =>
    each.file === undefined ? each : { ...each, file: hostPath(each.file, folders) };
  return {
    ...move(crash),
    trace: crash.trace.map((frame) => ({
      ...move(frame),
      ...(frame.inlined === undefined ? {} : { inlined: frame.inlined.map(move) }),
    })),
  };
}
