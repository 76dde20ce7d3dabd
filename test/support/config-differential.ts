import { evaluateShell } from '../../src/config/shell/evaluate.ts';
import { isOwnVariable } from '../../src/config/shell/own-variables.ts';
import { parseShell } from '../../src/config/shell/parse-shell.ts';
import { readConfigText } from '../../src/config/read-config-text.ts';
import { askBash } from './bash-oracle.ts';

/** A file that utopia accepts and bash reads otherwise. */
export interface Divergence {
  readonly file: Uint8Array;
  readonly difference: string;
}

export interface DifferentialResult {
  readonly compared: number;
  readonly refused: number;
  readonly divergences: readonly Divergence[];
}

/** The environment in which both read: almost empty; PATH leads nowhere, so that nothing can run. */
export const oracleEnvironment = {
  HOME: '/home/Μαρία user',
  PATH: '/nonexistent',
  GIVEN: 'from $the "environment"',
  EMPTY: '',
} as const;

/** Reads every file with utopia and, where it accepts, with bash, and compares every variable. */
export function compareWithBash(
  files: readonly Uint8Array[],
  locale: 'C' | 'C.UTF-8',
): DifferentialResult {
  const env = { ...oracleEnvironment, LC_ALL: locale };
  const accepted = files.flatMap((file) => {
    const values = readOurs(file, env);
    const names = [
      ...new Set([...(file.length > 0 ? namesIn(file) : []), ...Object.keys(oracleEnvironment)]),
    ];
    return values === undefined ? [] : [{ file, values, names }];
  });
  const verdicts = askBash(
    accepted.map(({ file, names }) => ({ bytes: tidy(file), names })),
    env,
  );
  const divergences = accepted.flatMap(({ file, values, names }, index): Divergence[] => {
    const verdict = verdicts[index];
    if (verdict === undefined) return [{ file, difference: 'bash gave no answer' }];
    if (verdict.status !== 0 || verdict.noise !== '') {
      return [{ file, difference: `bash: status ${verdict.status}, ${verdict.noise}` }];
    }
    const differences = names.flatMap((name) => {
      const ours = values.get(name) ?? (env as Record<string, string | undefined>)[name];
      const theirs = verdict.values.get(name);
      return ours === theirs
        ? []
        : [`${name}: ours ${JSON.stringify(ours)}, bash ${JSON.stringify(theirs)}`];
    });
    return differences.length === 0 ? [] : [{ file, difference: differences.join('; ') }];
  });
  return {
    compared: accepted.length,
    refused: files.length - accepted.length,
    divergences,
  };
}

/** The variables that utopia reads, or undefined when it refuses the file. */
function readOurs(
  file: Uint8Array,
  env: Readonly<Record<string, string>>,
): Map<string, string> | undefined {
  const { text, errors } = readConfigText(file);
  const { commands, problems } = parseShell(text);
  const { assigned, problems: unexpanded } = evaluateShell(commands, env, '/nowhere');
  if (errors.length + problems.length + unexpanded.length > 0) return undefined;
  return new Map([...assigned].map(([name, { value }]) => [name, value]));
}

/** Whatever in a file could be a variable that the file sets, whether utopia sees it or not; not what bash has by itself. */
function namesIn(file: Uint8Array): string[] {
  const text = Buffer.from(file).toString('latin1').replaceAll('\\\n', '');
  return [...text.matchAll(/[A-Za-z_][A-Za-z0-9_]*(?=\+?=)/g)]
    .map(([name]) => name)
    .filter((name) => !isOwnVariable(name));
}

/** The file as bash is to see it: without byte-order mark and carriage returns at line ends. */
function tidy(file: Uint8Array): Uint8Array {
  const text = Buffer.from(file).toString('latin1');
  return Buffer.from(
    text.replace(/^\u00EF\u00BB\u00BF/, '').replaceAll(/\r+(?=\n|$)/g, ''),
    'latin1',
  );
}

/** The smallest part of a diverging file that still diverges. */
export function minimise(divergence: Divergence, locale: 'C' | 'C.UTF-8'): Divergence {
  let smallest = divergence;
  for (let size = Math.ceil(divergence.file.length / 2); size >= 1; size = Math.floor(size / 2)) {
    for (let start = 0; start < smallest.file.length;) {
      const file = Buffer.concat([
        smallest.file.subarray(0, start),
        smallest.file.subarray(start + size),
      ]);
      const [found] = compareWithBash([file], locale).divergences;
      if (found === undefined) start += size;
      else smallest = found;
    }
  }
  return smallest;
}
