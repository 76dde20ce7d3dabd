/**
 * What a value of JSON must be: looks at it, and gives the place in it that is missing or something
 * else (`plan.ssh.port`; empty for the value itself), undefined where all of it fits.
 */
export interface Shape<T> {
  (value: unknown): string | undefined;
  /** Never there: it carries the type for the compiler. */
  readonly of?: T;
}

/** The type of what fits a shape. */
export type Shaped<S> = S extends Shape<infer T> ? T : never;

/** The keys of shapes that may be absent, and the others. */
type OptionalKeys<S> = {
  [K in keyof S]: undefined extends Shaped<S[K]> ? K : never;
}[keyof S];
type Expand<T> = { [K in keyof T]: T[K] };
type Fitting<S> = Expand<
  { readonly [K in Exclude<keyof S, OptionalKeys<S>>]: Shaped<S[K]> } & {
    readonly [K in OptionalKeys<S>]?: Shaped<S[K]>;
  }
>;

function shapeOf<T>(fits: (value: unknown) => boolean): Shape<T> {
  return (value) => (fits(value) ? undefined : '');
}

export const aText = shapeOf<string>((value) => typeof value === 'string');
export const aFlag = shapeOf<boolean>((value) => typeof value === 'boolean');
export const anInteger = shapeOf<number>((value) => Number.isSafeInteger(value));
/** A number without a fraction, not below zero. */
export const aCount = shapeOf<number>((value) => Number.isSafeInteger(value) && Number(value) >= 0);
/** Not below zero. */
export const aNumber = shapeOf<number>((value) => Number.isFinite(value) && Number(value) >= 0);
/** A port of TCP or UDP. */
export const aPort = shapeOf<number>(
  (value) => Number.isInteger(value) && Number(value) >= 0 && Number(value) <= 65_535,
);
/** A number of nanoseconds or the like in decimal digits: more than a number holds. */
export const digits = shapeOf<string>(
  (value) => typeof value === 'string' && /^\d{1,30}$/.test(value),
);
/** A moment that Date reads, as ISO 8601 has it. */
export const aTime = shapeOf<string>(
  (value) => typeof value === 'string' && !Number.isNaN(Date.parse(value)),
);
export const anything = shapeOf<unknown>(() => true);

/** One of these values. */
export function oneOf<const T extends readonly (string | number | null)[]>(
  ...values: T
): Shape<T[number]> {
  return shapeOf((value) => (values as readonly unknown[]).includes(value));
}

/** What may be absent. */
export function maybe<T>(shape: Shape<T>): Shape<T | undefined> {
  return (value) => (value === undefined ? undefined : shape(value));
}

/** The first of the shapes that fits; where none does, the place is the value itself. */
export function either<A, B>(one: Shape<A>, other: Shape<B>): Shape<A | B> {
  return (value) => (one(value) === undefined || other(value) === undefined ? undefined : '');
}

/** A list in which each fits. */
export function listOf<T>(shape: Shape<T>): Shape<readonly T[]> {
  return (value) => {
    if (!Array.isArray(value)) return '';
    for (let index = 0; index < value.length; index += 1) {
      const place = shape(value[index]);
      if (place !== undefined) return join(String(index), place);
    }
    return undefined;
  };
}

/** An object in which each value fits, whatever its key. */
export function mapOf<T>(shape: Shape<T>): Shape<Readonly<Record<string, T>>> {
  return (value) => {
    if (!isObject(value)) return '';
    for (const [key, each] of Object.entries(value)) {
      const place = shape(each);
      if (place !== undefined) return join(key, place);
    }
    return undefined;
  };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** An object with these keys; what else it has is not looked at, and stays. */
export function object<S extends Readonly<Record<string, Shape<unknown>>>>(
  shapes: S,
): Shape<Fitting<S>> {
  const entries = Object.entries(shapes);
  return (value) => {
    if (!isObject(value)) return '';
    for (const [key, shape] of entries) {
      const place = shape(Object.hasOwn(value, key) ? value[key] : undefined);
      if (place !== undefined) return join(key, place);
    }
    return undefined;
  };
}

function join(key: string, place: string): string {
  return place === '' ? key : `${key}.${place}`;
}
