/** An expression of Kconfig: `A && (!B || C=m)`. */
export type Dependency =
  | { readonly kind: 'option'; readonly name: string }
  | {
      readonly kind: 'compare';
      readonly left: string;
      readonly sign: string;
      readonly right: string;
    }
  /** `$(cc-option,…)`: what the kernel's build asks the compiler. */
  | { readonly kind: 'asked'; readonly text: string }
  | { readonly kind: 'not'; readonly of: Dependency }
  | { readonly kind: 'and' | 'or'; readonly parts: readonly Dependency[] };

const mostTokens = 2_000;

/**
 * Reads an expression as Documentation/kbuild/kconfig-language.rst has it; undefined for what is
 * none. Pure, in linear time.
 */
export function parseDependency(text: string): Dependency | undefined {
  const tokens = tokenize(text);
  if (tokens === undefined || tokens.length === 0) return undefined;
  let at = 0;

  function list(
    sign: '&&' | '||',
    kind: 'and' | 'or',
    next: () => Dependency | undefined,
  ): Dependency | undefined {
    const parts: Dependency[] = [];
    for (;;) {
      const part = next();
      if (part === undefined) return undefined;
      parts.push(part);
      if (tokens?.[at] !== sign) break;
      at += 1;
    }
    return parts.length === 1 ? parts[0] : { kind, parts };
  }
  const either = (): Dependency | undefined => list('||', 'or', all);
  const all = (): Dependency | undefined => list('&&', 'and', single);

  function single(): Dependency | undefined {
    const token = tokens?.[at];
    at += 1;
    if (token === '!') {
      const of = single();
      return of === undefined ? undefined : { kind: 'not', of };
    }
    if (token === '(') {
      const inner = either();
      if (tokens?.[at] !== ')') return undefined;
      at += 1;
      return inner;
    }
    if (token === undefined || /^[)&|=<>!]/.test(token)) return undefined;
    const sign = tokens?.[at];
    if (sign !== undefined && /^(?:=|!=|<|<=|>|>=)$/.test(sign)) {
      const right = tokens?.[at + 1];
      at += 2;
      return right === undefined ? undefined : { kind: 'compare', left: token, sign, right };
    }
    return token.startsWith('$(')
      ? { kind: 'asked', text: token }
      : { kind: 'option', name: token };
  }

  const whole = either();
  return at === tokens.length ? whole : undefined;
}

/** Names, quoted texts, `$(…)` with brackets inside, and signs; undefined for what has none of these. */
function tokenize(text: string): string[] | undefined {
  const tokens: string[] = [];
  const pattern = /\s*(?:(&&|\|\||!=|<=|>=|[!()=<>])|("[^"]*"|'[^']*')|([\w.-]+)|(\$\())/y;
  const end = text.trimEnd().length;
  while (pattern.lastIndex < end) {
    const start = pattern.lastIndex;
    const match = pattern.exec(text);
    if (match === null || tokens.length >= mostTokens) return undefined;
    if (match[4] === undefined) {
      tokens.push(match[0].trim());
      continue;
    }
    let depth = 1;
    let stop = pattern.lastIndex;
    while (stop < end && depth > 0) {
      depth += text[stop] === '(' ? 1 : text[stop] === ')' ? -1 : 0;
      stop += 1;
    }
    tokens.push(text.slice(start, stop).trim());
    pattern.lastIndex = stop;
  }
  return tokens;
}

/** 0, 1, 2 for n, m, y. */
type Level = 0 | 1 | 2;

/** What an option has: `y`, `m`, `n`, or another value. */
export type ValueOf = (option: string) => string;

/** How far an expression lets an option be set. What only the compiler knows counts as true. */
export function evaluate(dependency: Dependency, valueOf: ValueOf): Level {
  if (dependency.kind === 'option') return levelOf(wordOf(dependency.name, valueOf));
  if (dependency.kind === 'compare') return compare(dependency, valueOf) ? 2 : 0;
  if (dependency.kind === 'asked') return 2;
  if (dependency.kind === 'not') return (2 - evaluate(dependency.of, valueOf)) as Level;
  const levels = dependency.parts.map((each) => evaluate(each, valueOf));
  return (dependency.kind === 'and' ? Math.min(...levels) : Math.max(...levels)) as Level;
}

function levelOf(value: string): Level {
  return value === 'y' ? 2 : value === 'm' ? 1 : 0;
}

/** The value of a name, or the constant that it is. */
function wordOf(name: string, valueOf: ValueOf): string {
  if (/^["']/.test(name)) return name.slice(1, -1);
  return /^[ymn]$/.test(name) || /^\d+$/.test(name) ? name : valueOf(name);
}

function compare(
  { left, sign, right }: Extract<Dependency, { kind: 'compare' }>,
  valueOf: ValueOf,
): boolean {
  if (left.startsWith('$(') || right.startsWith('$(')) return true;
  const [one, other] = [left, right].map((each) => wordOf(each, valueOf).replaceAll('"', ''));
  if (sign === '=') return one === other;
  if (sign === '!=') return one !== other;
  const [low, high] = [Number(one), Number(other)];
  if (sign === '<') return low < high;
  if (sign === '<=') return low <= high;
  return sign === '>' ? low > high : low >= high;
}

/** Parts of an expression that keep it below `wanted`, as text: `TUN`, `!KASAN`, `A or B`. */
export function missingParts(dependency: Dependency, wanted: Level, valueOf: ValueOf): string[] {
  if (evaluate(dependency, valueOf) >= wanted) return [];
  if (dependency.kind === 'and') {
    return dependency.parts.flatMap((each) => missingParts(each, wanted, valueOf));
  }
  return [sayDependency(dependency)];
}

/** Questions to the compiler in an expression, which only make can answer. */
export function askedParts(dependency: Dependency): string[] {
  if (dependency.kind === 'asked') return [dependency.text];
  if (dependency.kind === 'not') return askedParts(dependency.of);
  if (dependency.kind !== 'and' && dependency.kind !== 'or') return [];
  return dependency.parts.flatMap(askedParts);
}

export function sayDependency(dependency: Dependency): string {
  if (dependency.kind === 'option') return dependency.name;
  if (dependency.kind === 'asked') return dependency.text;
  if (dependency.kind === 'not') return `!${inBrackets(dependency.of)}`;
  if (dependency.kind === 'compare') {
    return `${dependency.left}${dependency.sign}${dependency.right}`;
  }
  return dependency.parts.map(inBrackets).join(dependency.kind === 'and' ? ' && ' : ' || ');
}

function inBrackets(part: Dependency): string {
  const isList = part.kind === 'and' || part.kind === 'or';
  return isList ? `(${sayDependency(part)})` : sayDependency(part);
}
