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

/** What a machine gets at its second serial port, with its name and the feed that is configured. */
export interface ShownSensors {
  readonly name: string;
  readonly configured: string;
  readonly runs: boolean;
  readonly hasPort: boolean;
  readonly feed: string | undefined;
  /** Undefined where the bridge has ended. */
  readonly pid: number | undefined;
  /** Lines of the bridge's log. */
  readonly log: readonly string[];
}

const shownLines = 8;

/** A sentence about the feed, what leads on, and the last lines of its log. Pure. */
export function describeSensors(sensors: ShownSensors): string[] {
  const { name, configured, runs, hasPort, feed, pid } = sensors;
  const log = sensors.log.slice(-shownLines).map((line) => `  ${line}`);
  if (!runs) return [`${name} is not running. From the next utopia up: ${configured}.`, ...log];
  if (!hasPort) {
    return [
      `${name} was started without a sensor feed; it has no /dev/ttyS1.`,
      'utopia down, then utopia up --sensors sim, or set UTOPIA_SENSORS.',
    ];
  }
  if (pid !== undefined)
    return [`${feed} is at /dev/ttyS1 of ${name} (bridge: pid ${pid}).`, ...log];
  return [
    `The bridge of ${name} has ended; nothing comes at /dev/ttyS1.`,
    `utopia sensors use ${feed ?? configured}`,
    ...log,
  ];
}
