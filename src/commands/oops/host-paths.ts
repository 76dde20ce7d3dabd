import { join } from 'node:path';
import type { Crash } from '../../crash/types.ts';

/** Where our images mount the share. */
const guestShare = '/home/user/shared/';

/** A path in the guest's share as the host has it; others as they are. */
export function hostPath(file: string, sharedDir: string): string {
  return file.startsWith(guestShare) ? join(sharedDir, file.slice(guestShare.length)) : file;
}

/** A crash whose files in the share are those of the host. */
export function withHostPaths<C extends Pick<Crash, 'file' | 'trace'>>(
  crash: C,
  sharedDir: string,
): C {
  const move = <T extends { readonly file?: string }>(each: T): T =>
    each.file === undefined ? each : { ...each, file: hostPath(each.file, sharedDir) };
  return {
    ...move(crash),
    trace: crash.trace.map((frame) => ({
      ...move(frame),
      ...(frame.inlined === undefined ? {} : { inlined: frame.inlined.map(move) }),
    })),
  };
}
