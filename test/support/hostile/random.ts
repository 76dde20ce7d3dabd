/** Numbers that look random and are the same for the same seed. */
export interface Random {
  /** A whole number from 0 to `below` - 1. */
  int(below: number): number;
  pick<T>(list: readonly T[]): T;
  /** True in one of `times`. */
  oneIn(times: number): boolean;
  bytes(length: number): Buffer;
  /** Pieces from a list, joined, until there are so many. */
  pieces(list: readonly string[], count: number): string;
}

/** Makes the numbers of one case of one run; mulberry32. */
export function randomOf(seed: number, index: number): Random {
  let state = (Math.imul(seed, 0x9e37_79b1) ^ Math.imul(index + 1, 0x85eb_ca6b)) >>> 0;
  function next(): number {
    state = (state + 0x6d2b_79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  }
  const int = (below: number): number => next() % Math.max(1, below);
  const pick = <T>(list: readonly T[]): T => list[int(list.length)] as T;
  return {
    int,
    pick,
    oneIn: (times) => int(times) === 0,
    bytes: (length) => Buffer.from(Array.from({ length }, () => next() & 0xff)),
    pieces: (list, count) => Array.from({ length: count }, () => pick(list)).join(''),
  };
}
