/**
 * What emulation costs, as the end of a sentence about it: `computing takes about 12×
 * as long`, by the measured ratio; without one no number.
 */
export function describeSlowdown(slowdown: number | undefined): string {
  if (slowdown === undefined) return 'which is slower';
  if (slowdown < 1.5) return 'hardly slower here';
  const times = slowdown < 3 ? slowdown.toFixed(1) : String(Math.round(slowdown));
  return `computing takes about ${times}× as long`;
}
