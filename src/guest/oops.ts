/** The kernel says that something went wrong in it, and goes on. */
export interface Oops {
  readonly kind: 'oops';
  /** The first line, without its time: `BUG: kernel NULL pointer dereference, address: …`. */
  readonly title: string;
  /** `lunix_chrdev_read+0x4c`; undefined when the trace does not name it. */
  readonly place: string | undefined;
  /** The module that it happened in, when the trace names one. */
  readonly module: string | undefined;
}

/** printk's time and, with CONFIG_PRINTK_CALLER, the task or CPU: `[   12.345678][  T812] `. */
const printkTime = /(?:<\d+>)?\[\s*\d+\.\d+\](?:\[\s*[TC]\d+\])?\s/;

/**
 * A kernel message without the time before it, and without a prompt that stood on
 * the line already: the kernel does not start a new one (`lab login: [ 99.0] BUG: …`).
 */
export function kernelMessage(line: string): string {
  const time = printkTime.exec(line);
  return time === null ? line : line.slice(time.index + time[0].length);
}

/** First lines of a report. They start the message: `DEBUG: ` is not `BUG: `. */
const reportStart =
  /^(?:watchdog: )?(?:BUG: |Oops: |general protection fault|kernel BUG at |Unable to handle kernel |Internal error: |(?:divide error|invalid opcode|stack segment|double fault|traps: .*general protection fault): )/;

const kernelPlace = /^RIP: 0010:([\w.]+\+0x[\da-f]+)(?:\/0x[\da-f]+)?(?: \[(\w+)[^\]]*\])?/;

/** A user process's own fault is logged by the kernel, but is none of it. */
const userFault = /^traps: |in libc|error \d+ in /;

/** A report is given up on after as many lines without a place. */
const longestHeader = 60;

/** Finds reports in the kernel's lines. */
export interface OopsFinder {
  /** Gives a report when its place is known, or when it has ended without one. */
  read(line: string): Oops | undefined;
  /** Gives the report that is under way, if there is one: nothing more will come. */
  finish(): Oops | undefined;
}

export function findOopses(): OopsFinder {
  let title: string | undefined;
  let linesSince = 0;
  // After the place the same report goes on, with lines that look like starts.
  let inReport = false;

  function give(place?: string, module?: string): Oops | undefined {
    if (title === undefined) return undefined;
    const oops: Oops = { kind: 'oops', title, place, module };
    title = undefined;
    return oops;
  }

  return {
    read: (line) => {
      const message = kernelMessage(line);
      if (message.startsWith('---[ end trace') || message.startsWith('---[ end Kernel panic')) {
        inReport = false;
        return give();
      }
      if (reportStart.test(message) && !userFault.test(message)) {
        if (inReport && linesSince < longestHeader) return undefined;
        const previous = give();
        title = message.slice(0, 200);
        inReport = true;
        linesSince = 0;
        return previous;
      }
      if (!inReport) return undefined;
      linesSince += 1;
      const place = kernelPlace.exec(message);
      if (place !== null) return give(place[1], place[2]);
      if (message.trim() === '</TASK>' || linesSince >= longestHeader) {
        if (linesSince >= longestHeader) inReport = false;
        return give();
      }
      return undefined;
    },
    finish: () => give(),
  };
}

/** The reason of a panic, from its line on the console; undefined for every other line. */
export function panicReason(line: string): string | undefined {
  return /^Kernel panic - not syncing: (.*)/.exec(kernelMessage(line))?.[1]?.trim();
}
