import { basename } from 'node:path';

/** As far as a name needs it. */
export interface Nameable {
  readonly version: string | null;
  /** Absolute. */
  readonly path: string;
  readonly place: string;
  readonly kind: 'built' | 'distribution' | 'other';
}

/**
 * The shortest names that tell QEMUs apart: `distribution`, the version of one that was built, else
 * its prefix's last part, else where it is. In the order of what is given. Pure.
 */
export function nameQemus(qemus: readonly Nameable[]): readonly string[] {
  const candidates = qemus.map(({ version, path, place, kind }) => [
    ...(kind === 'distribution' ? ['distribution'] : []),
    ...(kind === 'built' && version !== null ? [version] : []),
    ...(kind === 'distribution' ? [] : [basename(place)]),
    ...[place, path],
  ]);
  return candidates.map(
    (own, at) =>
      own.find((name) =>
        candidates.every((other, index) => index === at || !other.includes(name)),
      ) ??
      qemus[at]?.path ??
      '',
  );
}
