/** What a line of ninja's, or of an old QEMU's make, stands for. */
export type OutputLine =
  /** A step begins: `[12/2565] Compiling C object …`. */
  | {
      readonly kind: 'step';
      readonly done: number;
      readonly total: number;
      readonly detail: string;
    }
  /** ninja gives up a target, or repeats the command of it. */
  | { readonly kind: 'gave-up'; readonly target: string | undefined }
  /** A compiler's, or make's own. */
  | { readonly kind: 'other' };

/**
 * Reads what ninja prints (NINJA_STATUS `[%f/%t] `), so that what compilers say is left. Pure.
 */
export function createNinjaReader(): (line: string) => OutputLine {
  let isCommand = false;
  return (line) => {
    // Behind `FAILED: target` stands the whole command.
    if (isCommand) {
      isCommand = false;
      return { kind: 'gave-up', target: undefined };
    }
    const step = /^\[(\d{1,7})\/(\d{1,7})\] (.*)$/.exec(line);
    if (step !== null) {
      const [, done, total, detail = ''] = step;
      return { kind: 'step', done: Number(done), total: Number(total), detail };
    }
    const failed = /^FAILED: (?:\[code=\d+\] )?(\S+)/.exec(line);
    if (failed !== null) {
      isCommand = true;
      return { kind: 'gave-up', target: failed[1] };
    }
    return line.startsWith('ninja: build stopped')
      ? { kind: 'gave-up', target: undefined }
      : { kind: 'other' };
  };
}

/** A step as it fits into a line: `CC block/io.c` of `Compiling C object libblock.fa.p/block_io.c.o`. Pure. */
export function shortenStep(detail: string): string {
  const compiled = /^Compiling (C\+\+|C|Rust) \w+ (\S+)$/.exec(detail);
  if (compiled !== null) return `${compiled[1]} ${(compiled[2] ?? '').replace(/^.*\.p\//, '')}`;
  const linked = /^Linking (?:static )?target (\S+)$/.exec(detail);
  if (linked !== null) return `link ${linked[1]}`;
  const made = /^Generating (\S+)/.exec(detail);
  return made === null ? detail : `make ${made[1]}`;
}

interface Advice {
  readonly pattern: RegExp;
  readonly step: string;
}

/** Failures that a host brings to a source, and not its own code. */
const advices: readonly Advice[] = [
  {
    pattern: /Killed signal terminated program|Cannot allocate memory/,
    step: 'The host had no memory left for the compiler: fewer at a time, -j 1',
  },
  {
    pattern: /static declaration of '(?:memfd_create|gettid|copy_file_range)' follows/,
    step: 'This QEMU is older than the C library of this host: take a newer release, utopia qemu get',
  },
  {
    pattern: /[Cc]lock skew/,
    step: 'Files come from the future: set the clock, or touch the source.',
  },
];

/** The next step for a build that failed for such a reason; undefined where its code is it. Pure. */
export function adviseQemuBuild(said: readonly string[]): string | undefined {
  return advices.find(({ pattern }) => said.some((line) => pattern.test(line)))?.step;
}
