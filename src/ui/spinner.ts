import ora, { type Options, type Ora } from 'ora';

/** What ora may take for the width of a terminal that has none. */
const usualColumns = 80;

/**
 * ora on a stream, in a file of its own in the bundle. A terminal that nobody gave a size has 0
 * columns, also one that becomes so: ora divides by them, and would clear lines without end.
 */
export function openSpinner(stream: NodeJS.WriteStream, options: Omit<Options, 'stream'>): Ora {
  let { columns } = stream;
  Object.defineProperty(stream, 'columns', {
    configurable: true,
    enumerable: true,
    get: () => columns || usualColumns,
    set: (value: number) => {
      columns = value;
    },
  });
  // Ctrl-C is ours: ora must not swallow what is typed, nor hide it.
  return ora({ discardStdin: false, ...options, stream });
}
