import { stripVTControlCharacters } from 'node:util';
import { moduleChanges, type Mismatch, type ModuleChange, type Release } from './module-changes.ts';

/** Why a module was not built or loaded, and what helps. */
export interface BuildTrouble {
  readonly what: string;
  readonly next: string;
}

/** Of the output: its end, where a build's complaint is. */
const readBytes = 1 << 20;
/** Of a line: no compiler's complaint about the table's changes is longer. */
const longestLine = 2_000;

/** Suites of `utopia image build`, and the kernel that each has. */
const suiteKernels: readonly (readonly [suite: string, kernel: Release])[] = [
  ['bookworm', [6, 1]],
  ['trixie', [6, 12]],
];

interface Neighbour {
  readonly line: RegExp;
  readonly explain: (match: RegExpExecArray) => BuildTrouble;
}

/** What is no change of the kernel, in order of how much each explains. */
const neighbours: readonly Neighbour[] = [
  {
    line: /^make(?:\[\d+\])?: \*\*\* \/lib\/modules\/([\w.+-]+)\/build: No such file or directory/,
    explain: ([, release = '']) => ({
      what: `The headers of this guest's kernel, ${release}, are not in it.`,
      next: `In the guest: apt-get install linux-headers-${release}; an image of profile lab has them.`,
    }),
  },
  {
    line: /(?:No space left on device|Disk quota exceeded)\s*$/,
    explain: () => ({
      what: 'The disk that the module, or /tmp, lies on is full.',
      next: 'df -h . /tmp shows which; with some room there, the same command goes on.',
    }),
  },
  {
    line: /\b(make|gcc|cc): (?:command )?not found/,
    explain: ([, program = '']) => ({
      what: `The guest has no ${program}.`,
      next: 'An image of profile lab has compilers and headers: utopia image build',
    }),
  },
  {
    line: /version magic '(\S+)[^']*' should be '(\S+)/,
    explain: ([, built = '', runs = '']) => ({
      what: `The module was built for ${built}, and this guest runs ${runs}.`,
      next: 'Build it in the guest: make clean; make',
    }),
  },
  {
    line: /could not (?:insert|load) module ([\w./+-]+): Invalid module format/,
    explain: ([, file = '']) => ({
      what: `${file} was built for another kernel than this guest's.`,
      next: `In the guest: modinfo -F vermagic ${file}; uname -r; then make clean; make`,
    }),
  },
  {
    line: /modpost: "([\w.]+)" \[[^\]]*\] undefined!/,
    explain: ([, symbol = '']) => ({
      what: `The kernel gives modules no ${symbol}: it is not exported, or has another name.`,
      next: `In the guest: grep -w ${symbol} /lib/modules/$(uname -r)/build/Module.symvers`,
    }),
  },
  {
    line: /could not (?:insert|load) module ([\w./+-]+): Unknown symbol/,
    explain: () => ({
      what: 'The module uses something that the kernel, or a module not loaded yet, does not give it.',
      next: 'In the guest: dmesg | tail names it; some are for MODULE_LICENSE("GPL") only.',
    }),
  },
  {
    line: /could not (?:insert|load) module ([\w./+-]+): File exists/,
    explain: ([, file = '']) => ({
      what: 'The module is loaded already.',
      next: `In the guest: rmmod ${file}`,
    }),
  },
  {
    line: /Clock skew detected/,
    explain: () => ({
      what: "The guest's clock is behind the one of who wrote the files: make cannot tell what is new.",
      next: 'utopia ssh -- date -s @$(($(date +%s) + 1))',
    }),
  },
];

/**
 * Why a module's build or load failed, from what make, the compiler and insmod printed; undefined
 * where that is not known. The guest's kernel is the one whose headers the output names. Pure;
 * its time grows with the output's length, of which the last megabyte is read.
 */
export function explainBuild(output: string): BuildTrouble | undefined {
  const lines = output
    .slice(-readBytes)
    .split('\n')
    // On a terminal a compiler writes names in colours.
    .map((line) => stripVTControlCharacters(line.slice(0, longestLine)).trimEnd())
    .map((line) => line.replaceAll(/[‘’]/g, "'"));
  const kernel = guestKernel(lines);
  const change = findChange(lines, kernel);
  if (change !== undefined) return tellChange(change, kernel);
  for (const { line: pattern, explain } of neighbours) {
    for (const line of lines) {
      const match = pattern.exec(line);
      if (match !== null) return explain(match);
    }
  }
  return undefined;
}

function guestKernel(lines: readonly string[]): Release | undefined {
  for (const line of lines) {
    const [, major, minor] =
      /\/(?:usr\/src\/linux-headers-|lib\/modules\/)(\d{1,3})\.(\d{1,3})/.exec(line) ?? [];
    if (major !== undefined) return [Number(major), Number(minor)];
  }
  return undefined;
}

/** Of several the one that says most: the newest for a module that is too new, else the first. */
function findChange(
  lines: readonly string[],
  kernel: Release | undefined,
): ModuleChange | undefined {
  const errors = lines.filter((line) => line.includes('error: ') || line.includes(': warning: '));
  const mismatches = errors.flatMap(readMismatch);
  return moduleChanges.find((change) => {
    // The kernel is as the module wants it: the complaint has another reason.
    if (kernel !== undefined && isBefore(kernel, change.in) !== (change.written === 'new')) {
      return false;
    }
    const { line, mismatch } = change;
    return (
      (line !== undefined && errors.some((each) => line.test(each))) ||
      (mismatch !== undefined && mismatches.some((each) => mismatch(each)))
    );
  });
}

/** `initialization of 'A' {aka …} from incompatible pointer type 'B' …`, and GCC's other verbs. */
function readMismatch(line: string): readonly Mismatch[] {
  const [, kernel, module] =
    /(?:initialization of|assignment to) '([^']+)'[^']*(?:'[^']*'[^']*)?from incompatible pointer type '([^']+)'/.exec(
      line,
    ) ?? [];
  return kernel === undefined || module === undefined ? [] : [{ kernel, module }];
}

function tellChange(
  { in: release, written, what }: ModuleChange,
  kernel: Release | undefined,
): BuildTrouble {
  const named = kernel === undefined ? '' : `, and this guest has ${kernel.join('.')}`;
  if (written === 'new') {
    const suite = suiteKernels.find(([, has]) => !isBefore(has, release))?.[0];
    return {
      what: `This module is written for Linux ${release.join('.')} or newer${named}: since then ${what}.`,
      next:
        suite === undefined
          ? `No suite of utopia's has that kernel: build it in the guest, or change the module.`
          : `utopia image build --suite ${suite}`,
    };
  }
  const suite = suiteKernels.findLast(([, has]) => isBefore(has, release))?.[0];
  return {
    what: `This module is written for a Linux before ${release.join('.')}${named}: since then ${what}.`,
    next: `Change the module${suite === undefined ? '' : `, or: utopia image build --suite ${suite}`}`,
  };
}

function isBefore([major, minor]: Release, [otherMajor, otherMinor]: Release): boolean {
  return major < otherMajor || (major === otherMajor && minor < otherMinor);
}
