import { countOf, formatBytes } from '../text/format.ts';
import { wrapText } from './lines.ts';

/** A log in which nothing crashed. */
interface QuietLog {
  /** As it is shown. */
  readonly file: string;
  readonly bytes: number;
  readonly remarks: {
    /** A line that may be a kernel's and is not understood, shortened. */
    readonly unread?: string | undefined;
    /** A module that rmmod could not remove. */
    readonly busyModule?: string | undefined;
  };
}

/** What is said of a log without a crash: that, and what may be the reason. Pure. */
export function describeNoCrash({ file, bytes, remarks }: QuietLog, columns: number): string[] {
  const { unread, busyModule } = remarks;
  const lines =
    bytes === 0
      ? [
          `The console log is empty: ${file}`,
          'Without console=ttyS0 on its kernel command line, a guest tells nothing there; its screen (VNC) may.',
        ]
      : [
          `No crash in ${file} (${formatBytes(bytes)}).`,
          ...(unread === undefined
            ? []
            : [
                'It looks like a kernel’s log, but what stands before the kernel’s words is not understood:',
                unread,
                'Cut that off each line (sed, cut), and try again.',
              ]),
          ...(busyModule === undefined ? [] : [describeBusyModule(busyModule)]),
        ];
  return lines.flatMap((each) => wrapText(each, columns));
}

/** Why rmmod says that a module is in use. */
function describeBusyModule(module: string): string {
  return `rmmod: ${module} is in use: a program has its device open (lsof, fuser), another module uses it (lsmod), or a process died or hangs inside it; then only a reboot of the guest frees it.`;
}

/** Nothing has crashed in the boot that runs; something did before it, so many starts ago. Pure. */
export function describeEarlierCrash(
  startsAgo: number,
  headline: string,
  columns: number,
): string[] {
  const when =
    startsAgo === 0 ? 'in a boot before this one' : `${countOf(startsAgo, 'start', 'starts')} ago`;
  const since = startsAgo === 0 ? 'boot' : 'start';
  const lines = [
    `No crash since this ${since}; the last was ${when}: ${headline}.`,
    'utopia oops --last 1 shows it.',
  ];
  return lines.flatMap((each) => wrapText(each, columns));
}
