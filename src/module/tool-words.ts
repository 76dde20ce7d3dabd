/**
 * What insmod and rmmod say without who says it and where in their source: `could not insert module
 * x.ko: No such device`. Pure.
 */
export function plainWords(said: string): string {
  return said
    .trim()
    .replace(/^(?:insmod|rmmod): (?:ERROR: )?/, '')
    .replace(/^\S+\.c:\d+ \w+\(\) /, '')
    .replace(/\/run\/utopia-(\S+\.ko)/, '$1')
    .replace(/\.$/, '');
}
