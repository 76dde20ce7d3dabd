import { formatDuration } from '../text/format.ts';
import { shortenForShell, shortenPath } from '../text/shorten-path.ts';
import { wrapText } from './lines.ts';

/** A QEMU that was built and tried. */
export interface BuiltQemu {
  readonly version: string;
  /** Absolute, as the prefix it was installed into. */
  readonly binary: string;
  readonly prefix: string;
  readonly ms: number;
  readonly features: readonly string[];
  readonly missingDevices: readonly string[];
  /** Firmware that it takes from this host. */
  readonly firmware: readonly string[];
  readonly warningCount: number;
  /** A machine booted with it. */
  readonly booted: boolean;
  /** Why no machine of this host was tried. */
  readonly untried: string | undefined;
  /** It can be used; else an error says why not. */
  readonly isUsable: boolean;
}

/** What a machine of utopia's is better with; said where it is not there. */
const usual = ['virtfs', 'slirp', 'vnc', 'kvm'] as const;

/** Where the text of a row begins. */
const rowIndent = 12;

/** What there is now, and what to do with it; paths are shown from `cwd` and `home` on. Pure. */
export function describeBuiltQemu(
  built: BuiltQemu,
  { cwd, home }: { readonly cwd: string; readonly home: string },
  columns: number,
): string[] {
  const { version, binary, prefix, ms, features, missingDevices, firmware } = built;
  const row = (name: string, text: string): string[] => {
    const [first = '', ...rest] = wrapText(text, columns - rowIndent);
    return [
      `  ${name.padEnd(rowIndent - 2)}${first}`,
      ...rest.map((line) => `${' '.repeat(rowIndent)}${line}`),
    ];
  };
  const lacking = [...usual.filter((name) => !features.includes(name)), ...missingDevices];
  const { warningCount, booted, untried, isUsable } = built;
  return [
    `QEMU ${version} in ${formatDuration(ms)}: ${features.join(', ')}`,
    ...(lacking.length > 0 ? row('without', lacking.join(', ')) : []),
    ...row('binary', shortenPath(binary, cwd, home)),
    ...(firmware.length > 0 ? row('firmware', `of this host: ${firmware.join(', ')}`) : []),
    ...(warningCount > 0 ? row('warnings', String(warningCount)) : []),
    ...(booted ? row('tried', 'a machine boots with it') : []),
    ...(untried === undefined ? [] : row('tried', `a guest of seven bytes alone: ${untried}`)),
    ...(isUsable ? row('next', `utopia qemu use ${shortenForShell(prefix, cwd, home)}`) : []),
  ];
}
