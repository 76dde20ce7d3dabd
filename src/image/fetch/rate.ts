/** How fast something has been going of late. */
export interface RateMeter {
  /** Notes that `bytes` in all were there at `ms`, on any clock that only goes forward. */
  note(bytes: number, ms: number): void;
  /** Bytes a second over the last seconds; undefined until there is something to tell by. */
  bytesPerSecond(): number | undefined;
}

/** Long enough to be calm, short enough to follow a Wi-Fi. */
const windowMs = 10_000;

/** Starts to measure. Bytes that go back (a download that starts over) start the measure over. */
export function openRateMeter(): RateMeter {
  let samples: { readonly bytes: number; readonly ms: number }[] = [];
  return {
    note: (bytes, ms) => {
      const last = samples.at(-1);
      if (last !== undefined && bytes < last.bytes) samples = [];
      // Ten samples a second tell enough.
      if (last !== undefined && samples.length > 1 && ms - last.ms < 100) samples.pop();
      samples.push({ bytes, ms });
      samples = samples.filter((sample) => ms - sample.ms <= windowMs);
    },
    bytesPerSecond: () => {
      const first = samples[0];
      const last = samples.at(-1);
      if (first === undefined || last === undefined || last.ms - first.ms < 500) return undefined;
      return ((last.bytes - first.bytes) * 1000) / (last.ms - first.ms);
    },
  };
}
