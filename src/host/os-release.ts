/** The parts of os-release(5) that choose package names. */
export interface OsRelease {
  /** ID, then the words of ID_LIKE: `ubuntu debian`. Empty where the file is missing. */
  readonly families: readonly string[];
  readonly prettyName: string;
}

/** Where os-release(5) may be; the first that exists counts. */
export const osReleaseFiles = ['/etc/os-release', '/usr/lib/os-release'] as const;

export function parseOsRelease(text: string): OsRelease {
  const value = (key: string): string => {
    const line = new RegExp(`^${key}=(.*)$`, 'm').exec(text)?.[1] ?? '';
    return line.trim().replaceAll(/^["']|["']$/g, '');
  };
  const families = [value('ID'), ...value('ID_LIKE').split(/\s+/)].filter((word) => word !== '');
  return { families, prettyName: value('PRETTY_NAME') || 'this distribution' };
}
