/** A way in which a file of JSON is damaged, and what then stands in it. */
export interface DamagedForm {
  readonly what: string;
  readonly text: string;
}

/** More than is read of any record of ours. */
const largeBytes = 10 * 1024 * 1024;

/**
 * What can have become of a file: cut short, written by somebody else or by another version, too
 * large. `wrong` are keys of it with a value that is something else; undefined is a missing key.
 */
export function damagedForms(
  good: object,
  ...wrong: readonly Readonly<Record<string, unknown>>[]
): readonly DamagedForm[] {
  const text = JSON.stringify(good);
  return [
    { what: 'empty', text: '' },
    { what: 'cut short', text: '{' },
    { what: 'null', text: 'null' },
    { what: 'a list', text: '[]' },
    ...('schema' in good
      ? [{ what: 'of version 9', text: JSON.stringify({ ...good, schema: 9 }) }]
      : []),
    ...wrong.map((change) => ({
      what: `with ${JSON.stringify(change)}`,
      text: JSON.stringify({ ...good, ...change }),
    })),
    { what: '10 MB long', text: text + ' '.repeat(largeBytes - text.length) },
  ];
}
