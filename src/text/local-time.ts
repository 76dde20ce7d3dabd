/** `2026-11-23 14:02:51`: a moment in the host's time zone. */
export function formatLocalTime(date: Date): string {
  const day = `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}`;
  return `${day} ${pad(date.getHours())}:${pad(date.getMinutes())}:${pad(date.getSeconds())}`;
}

/** `just now`, `12 min ago`, `3 h ago`, `4 days ago`. */
export function formatAge(now: Date, then: Date): string {
  const minutes = Math.floor((now.getTime() - then.getTime()) / 60_000);
  if (minutes < 1) return 'just now';
  if (minutes < 60) return `${minutes} min ago`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h ago` : `${Math.floor(hours / 24)} days ago`;
}

const unitsMs: Readonly<Record<string, number>> = {
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/**
 * Reads a moment as people write it: `90s`, `10m`, `2h`, `1d` ago; `14:02` or
 * `14:02:51`, the last time it was that; `2026-11-23`, with a time behind a blank
 * or T. In the host's time zone. Undefined when it is none of these.
 */
export function parseMoment(text: string, now: Date): Date | undefined {
  const ago = /^(\d+)\s*([smhd])(?:\s*ago)?$/.exec(text);
  if (ago !== null) return new Date(now.getTime() - Number(ago[1]) * (unitsMs[ago[2] ?? ''] ?? 0));
  const clock = /^(\d{1,2}):(\d{2})(?::(\d{2}))?$/.exec(text);
  if (clock !== null) {
    const [hours, minutes, seconds] = [clock[1], clock[2], clock[3] ?? 0].map(Number);
    if ((hours ?? 24) > 23 || (minutes ?? 60) > 59 || (seconds ?? 60) > 59) return undefined;
    const moment = new Date(now);
    moment.setHours(hours ?? 0, minutes, seconds, 0);
    if (moment > now) moment.setDate(moment.getDate() - 1);
    return moment;
  }
  if (!/^\d{4}-\d{2}-\d{2}(?:[ T]\d{2}:\d{2}(?::\d{2})?(?:\.\d+)?Z?)?$/.test(text))
    return undefined;
  // A date alone would be read as UTC.
  const moment = new Date(text.includes(':') ? text.replace(' ', 'T') : `${text}T00:00:00`);
  return Number.isNaN(moment.getTime()) ? undefined : moment;
}

function pad(value: number): string {
  return String(value).padStart(2, '0');
}
