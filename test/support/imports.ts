import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

/** One import, of a file of src/ or of a library. */
export interface Import {
  /** Relative to src/. */
  readonly from: string;
  /** Relative to src/; a library's name or `node:…` as it stands. */
  readonly to: string;
  /** What it is loaded as: a type is gone at run time, `lazy` is an import() expression. */
  readonly as: 'type' | 'value' | 'lazy';
}

const source = join(import.meta.dirname, '../../src');

/** Every import of src/, types counted, by reading the statements as prettier writes them. */
export function readImports(): Import[] {
  return listFiles(source).flatMap((file) => {
    const text = readFileSync(file, 'utf8');
    return [...importsOf(text)].map(({ specifier, as }) => ({
      from: relative(source, file),
      to: specifier.startsWith('.') ? resolveFile(file, specifier) : specifier,
      as,
    }));
  });
}

/** What an expression's first group finds in the code of a folder of src/, with the file; imports are left out. */
export function readUses(folder: string, expression: RegExp): [found: string, file: string][] {
  return listFiles(join(source, folder)).flatMap((file) =>
    [
      ...readFileSync(file, 'utf8')
        .replaceAll(/^import .*$/gm, '')
        .matchAll(expression),
    ].map(([, found = '']): [string, string] => [found, relative(source, file)]),
  );
}

/** Files of src/, relative to it, with their number of lines. */
export function readSizes(): Map<string, number> {
  const files = listFiles(source);
  return new Map(
    files.map((file) => [
      relative(source, file),
      readFileSync(file, 'utf8').trimEnd().split('\n').length,
    ]),
  );
}

function listFiles(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(folder, name));
}

function* importsOf(text: string): Generator<{ specifier: string; as: Import['as'] }> {
  for (const [, type, names = '', specifier = ''] of text.matchAll(
    /^(?:import|export) (type )?(?:([^;'"]*?) from )?'([^']+)';$/gm,
  )) {
    const list = /\{([^}]*)\}/.exec(names)?.[1]?.split(',') ?? [''];
    const named = list.map((name) => name.trim()).filter((name) => name !== '');
    const onlyTypes = named.length > 0 && named.every((name) => name.startsWith('type '));
    yield { specifier, as: type !== undefined || onlyTypes ? 'type' : 'value' };
  }
  for (const [, specifier = ''] of text.matchAll(/(?<!typeof )\bimport\('([^']+)'\)/g)) {
    yield { specifier, as: 'lazy' };
  }
}

/** Throws for an import that leads to no file: this reader would have misunderstood it. */
function resolveFile(file: string, specifier: string): string {
  const path = join(dirname(file), specifier);
  if (!existsSync(path)) throw new Error(`${file} imports ${specifier}, which is not there`);
  return relative(source, path);
}

/**
 * Groups of files that import each other in a circle, types counted (Tarjan's strongly
 * connected components). An import() expression closes no circle: it runs later.
 */
export function findCycles(imports: readonly Import[]): string[][] {
  const next = new Map<string, string[]>();
  for (const { from, to, as } of imports) {
    if (as !== 'lazy') next.set(from, [...(next.get(from) ?? []), to]);
  }
  const index = new Map<string, number>();
  const low = new Map<string, number>();
  const stack: string[] = [];
  const cycles: string[][] = [];
  function visit(file: string): void {
    index.set(file, index.size);
    low.set(file, index.get(file) ?? 0);
    stack.push(file);
    for (const to of next.get(file) ?? []) {
      if (!index.has(to)) {
        visit(to);
        low.set(file, Math.min(low.get(file) ?? 0, low.get(to) ?? 0));
      } else if (stack.includes(to)) {
        low.set(file, Math.min(low.get(file) ?? 0, index.get(to) ?? 0));
      }
    }
    if (low.get(file) !== index.get(file)) return;
    const group = stack.splice(stack.indexOf(file));
    if (group.length > 1 || next.get(file)?.includes(file) === true) cycles.push(group.toSorted());
  }
  for (const file of next.keys()) if (!index.has(file)) visit(file);
  return cycles;
}
