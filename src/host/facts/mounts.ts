/** Where a file system is mounted, and of which type. */
export interface Mount {
  readonly point: string;
  readonly type: string;
}

/** Reads /proc/self/mounts, or /proc/self/mountinfo (its type stands behind a lone `-`). */
export function parseMounts(text: string): Mount[] {
  return text
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields.length >= 4)
    .map((fields) => {
      const dash = fields.indexOf('-');
      const isMountinfo = dash >= 6 && /^\d+$/.test(fields[0] ?? '');
      return isMountinfo
        ? { point: fields[4] ?? '', type: fields[dash + 1] ?? '' }
        : { point: fields[1] ?? '', type: fields[2] ?? '' };
    });
}

/** The type of what is mounted there last, on top of everything else. */
export function mountedType(mounts: readonly Mount[], point: string): string | undefined {
  return mounts.findLast((mount) => mount.point === point)?.type;
}
