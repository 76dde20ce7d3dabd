/** Where a line of a console log stands: in which kernel's run, and how long after that kernel's start. */
export interface LinePlace {
  /** 0 for the first kernel of the log; a guest that rebooted has more. */
  readonly run: number;
  readonly stampMs: number;
}

/** A stamp that goes back by more than this is another kernel's; processors' messages cross by less. */
const rebootMs = 5_000;

/** Gives lines their place by the kernel's time stamps; a line without one has that of the line before. */
export function createPlacer(): (line: string) => LinePlace {
  let place: LinePlace = { run: 0, stampMs: 0 };
  return (line) => {
    const seconds = /^(?:<\d+>)?\[ *(\d+\.\d+)\]/.exec(line)?.[1];
    if (seconds === undefined) return place;
    const stampMs = Number(seconds) * 1000;
    const run = stampMs < place.stampMs - rebootMs ? place.run + 1 : place.run;
    place = { run, stampMs: run === place.run ? Math.max(stampMs, place.stampMs) : stampMs };
    return place;
  };
}

/** Firmware and boot loader take no longer than this, also under emulation. */
const loaderMs = 60_000;

/**
 * When each kernel of a log started, in ms since 1970, as late as it may have been:
 * the log itself has no clock, only the moments at which it was begun and last
 * written to. `lastStamps` are the last stamps of the runs. Whoever asks for lines
 * since some time gets rather too many than too few.
 */
export function startsOfRuns(
  lastStamps: readonly number[],
  log: { readonly begunAtMs: number; readonly writtenAtMs: number },
): number[] {
  const starts: number[] = [];
  let endMs = log.writtenAtMs;
  for (const [back, lastStamp] of lastStamps.toReversed().entries()) {
    const first = back === lastStamps.length - 1;
    const latest = endMs - lastStamp;
    endMs = first ? Math.min(latest, log.begunAtMs + loaderMs) : latest;
    starts.unshift(endMs);
  }
  return starts;
}
