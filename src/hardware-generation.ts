/**
 * Counts the changes of a machine's hardware. A saved state records the one that its machine had,
 * and goes on with exactly that; what came later is there from the next boot on.
 */
export const hardwareGeneration = 2;

/** The generation in which a part came that no machine before had. */
const since = { coreInfo: 2 } as const;

/** Whether a machine of this generation has the part; a record without one is of the first. Pure. */
export function hasSince(part: keyof typeof since, generation = 1): boolean {
  return generation >= since[part];
}
