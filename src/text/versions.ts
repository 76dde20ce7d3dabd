/**
 * Whether a version is `least` or a later one, part by part: `7.2.22`, `6.12.118+deb13`, or a text in
 * which the first version counts (`drgn 0.0.22 (using …)`). False for a text without one. Pure.
 */
export function isAtLeast(text: string, least: readonly number[]): boolean {
  const version = findVersion(text);
  if (version === undefined) return false;
  const parts = version.split('.').map(Number);
  for (const [at, part] of least.entries()) {
    const own = parts[at] ?? 0;
    if (own !== part) return own > part;
  }
  return true;
}

/** The first version in a text: numbers with points between. Pure. */
export function findVersion(text: string): string | undefined {
  return /\d{1,9}(?:\.\d{1,9})+/.exec(text)?.[0];
}
