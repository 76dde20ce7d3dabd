/** What is shown of a node; milli-units as the course's tables have them. */
interface NodeRow {
  readonly node: number;
  readonly batteryMilli: number;
  readonly temperatureMilli: number;
  readonly lightMilli: number;
  readonly frames: number;
  readonly seenAtMs: number;
}

interface StreamCounts {
  readonly nodes: readonly NodeRow[];
  readonly sensorFrames: number;
  readonly otherFrames: number;
  readonly crcFailures: number;
  readonly truncated: number;
}

/** A table of nodes and a line of counts; fits 80x24 with sixteen nodes. */
export function sensorTable(tally: StreamCounts, nowMs: number): string[] {
  const rows = tally.nodes.map((row) =>
    [
      String(row.node).padStart(4),
      thousandths(row.batteryMilli).padStart(9),
      thousandths(row.temperatureMilli).padStart(9),
      thousandths(row.lightMilli).padStart(9),
      String(row.frames).padStart(7),
      `${((nowMs - row.seenAtMs) / 1000).toFixed(1)} s ago`.padStart(12),
    ].join(' '),
  );
  const { sensorFrames, otherFrames, crcFailures, truncated } = tally;
  return [
    'node         V        °C     light  frames         seen',
    ...rows,
    `${sensorFrames} sensor frames, ${otherFrames} of other types, ${crcFailures} with a bad CRC, ${truncated} cut off`,
  ];
}

/** A raw value that no sensor gives has no conversion. */
function thousandths(value: number): string {
  return Number.isFinite(value) ? (value / 1000).toFixed(3) : '-';
}
