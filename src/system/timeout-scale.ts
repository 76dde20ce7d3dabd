/** Start-up of this program on an ordinary host that has nothing else to do: 60 to 90 ms, with room to spare. */
const usualStartupMs = 250;
const most = 6;

/**
 * How many times longer than usual everything takes here: 1 on an ordinary host, up to
 * 6 on one that is busy or emulated. Judged by how long this very process took from
 * its start to its first own code, `startupMs`. Time limits of probes are multiplied
 * by it, so that slow is not taken for broken.
 */
export function timeoutScaleFor(startupMs: number): number {
  return Math.min(most, Math.max(1, startupMs / usualStartupMs));
}
