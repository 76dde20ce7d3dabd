import type { KeptCrash } from '../crash/kept-crash.ts';
import { formatBytes } from '../text/format.ts';
import { formatLocalTime } from '../text/local-time.ts';
import { shortenPath } from '../text/shorten-path.ts';
import { layOutRow } from './label-row.ts';

/**
 * What there is of a kept crash and what can be done with it, a row each. `snapshot`: the name of
 * the one that was saved with it, where it is still there.
 */
export function keptCrashParts(
  { number, at, dump, bytes, missing }: KeptCrash,
  snapshot: string | undefined,
  { columns, cwd, home }: { readonly columns: number; readonly cwd: string; readonly home: string },
): string[] {
  const row = (label: string, text: string): string[] =>
    layOutRow(`  ${label.padEnd(9)} `, text, columns);
  return [
    ...row('crash', `${number}, kept ${formatLocalTime(new Date(at))}`),
    ...(dump === undefined
      ? []
      : [
          ...row('dump', `${shortenPath(dump, cwd, home)} (${formatBytes(bytes)})`),
          ...row('look', `utopia crash open ${number}`),
        ]),
    ...(snapshot === undefined
      ? []
      : [
          ...row('snapshot', `${snapshot}: the disk right after it`),
          ...row('try', `utopia run --from ${snapshot} -- COMMAND`),
          ...row('go back', `utopia down, then utopia snapshot restore ${snapshot}`),
        ]),
    ...missing.flatMap((text) => row('missing', text)),
  ];
}
