import { mountedType, type Mount } from './mounts.ts';

/** Which generation of the Windows Subsystem for Linux this is, if any. */
export type WslVersion = 1 | 2 | undefined;

/**
 * WSL 1 calls its kernel `4.4.0-19041-Microsoft`; the real kernel of WSL 2 has
 * `microsoft-standard` in its name, or at least a later version.
 */
export function detectWsl(version: string, interop: boolean): WslVersion {
  if (!/microsoft|WSL/i.test(version) && !interop) return undefined;
  if (/WSL2|microsoft-standard/i.test(version)) return 2;
  const number = /(\d+)\.(\d+)\.\d+/.exec(version);
  const [major, minor] = [Number(number?.[1] ?? 0), Number(number?.[2] ?? 0)];
  return major > 4 || (major === 4 && minor >= 19) ? 2 : 1;
}

export interface ContainerSigns {
  /** Files and variables that container engines leave; some plain machines have them too. */
  readonly markers: readonly string[];
  readonly mounts: readonly Mount[];
}

/** Why this is taken for a container; undefined on a plain machine. */
export interface Container {
  readonly signs: readonly string[];
}

/**
 * A container shows in two ways at least: a marker of its engine, and a root or a
 * /dev that no kernel boots with. A marker alone was left by an image that was
 * turned into a machine; an overlay root alone is a live system.
 */
export function detectContainer({ markers, mounts }: ContainerSigns): Container | undefined {
  const overlayRoot = mountedType(mounts, '/')?.includes('overlay') === true;
  const privateDev = mountedType(mounts, '/dev') === 'tmpfs';
  const signs = [
    ...markers,
    ...(overlayRoot ? ['an overlay file system on /'] : []),
    ...(privateDev ? ['a tmpfs on /dev'] : []),
  ];
  const second = overlayRoot || privateDev;
  const isContainer = (markers.length > 0 && second) || (overlayRoot && privateDev);
  return isContainer ? { signs } : undefined;
}
