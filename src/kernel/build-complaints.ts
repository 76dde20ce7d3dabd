/** What a line of a build complains of. */
export interface Complaint {
  readonly severity: 'warning' | 'error';
  /** As the program named it; null where it named none. */
  readonly file: string | null;
  readonly line: number | null;
  readonly column?: number;
  readonly message: string;
  /** Its file and line stand on the next line, which looks like this: groups are file, line, column. */
  readonly placeFollows?: RegExp;
  /** A linker said it: the function stands on a line before it. */
  readonly ofLinker?: true;
}

interface Rule {
  readonly pattern: RegExp;
  /** Undefined for a line that only repeats what others said. */
  readonly read: (match: readonly (string | undefined)[], line: string) => Complaint | undefined;
}

/** What a compiler says behind the place, and Kconfig; a `note` explains what stands before it. */
const kinds = /^(?:(fatal error|internal compiler error|error|warning)|note|info): ?(.*)$/i;

/** Repeats what was said before. */
const derived =
  /warnings? (?:being )?treated as errors|ld returned \d+ exit status|linker command failed|compilation terminated|generated\.$/;

const rustPlace = /^ *--> ([^:]+):(\d{1,9}):(\d{1,9})$/;
const lldPlace = /^>>> (?:referenced by|defined at) [^()]*\(([^()]+):(\d{1,9})\)/;

/** A program of the tool chain, with what stands before and behind its name: `x86_64-linux-gnu-gcc-12`. */
const tool = (names: string): string => `(?:[^\\s:]*[/-])?(?:${names})(?:-[\\d.]+)?`;

/** The first rule that fits counts. */
const rules: readonly Rule[] = [
  // modpost: ERROR: modpost: "name" [lib/crc7.ko] undefined! (before 5.9 without its name).
  {
    pattern: /^(ERROR|WARNING|FATAL)(: modpost)?: (.+)$/,
    read: ([, kind, own, text = '']) => {
      const named = /\[([^\]]+\.ko)\]/.exec(text) ?? /\bin (\S+\.o)\b/.exec(text);
      const object = named ?? /^(\S+\.o): section mismatch/.exec(text);
      if (own === undefined && !/undefined!|modpost|[Ss]ection mismatch/.test(text)) {
        return kind === 'WARNING' ? undefined : general('error', text);
      }
      const severity = kind === 'WARNING' ? 'warning' : 'error';
      return { severity, file: object?.[1] ?? null, line: null, message: text };
    },
  },
  // objtool, on an object file.
  {
    pattern: /^([^:]+\.o): (warning|error): (objtool: .+)$/,
    read: ([, file = '', kind, message = '']) => ({
      severity: kind === 'error' ? 'error' : 'warning',
      ...{ file, line: null, message },
    }),
  },
  // Linkers; what they say of a file with a line follows below.
  {
    pattern: new RegExp(`^${tool('ld|ld\\.bfd|ld\\.gold|ld\\.lld|lld')}: (.+)$`),
    read: ([, text = '']) => ofLinker(text),
  },
  {
    pattern: new RegExp(
      `^${tool('cc1|cc1plus|gcc|g\\+\\+|cc|clang|collect2|as|rustc|bindgen|objcopy|strip|llvm-\\w+')}: (fatal error|error|warning|Error): (.+)$`,
    ),
    read: ([, kind, message = '']) =>
      derived.test(message) ? undefined : general(severityOf(kind), message),
  },
  // A program that is missing, as sh, bash and make say it.
  {
    pattern:
      /^(?:[^\s:]*\/)?(?:sh|bash|dash): (?:line )?(?:\d+: )?([^\s:]+): (?:command )?not found$/,
    read: ([, program = '']) => general('error', `${program}: not found`),
  },
  {
    pattern: /^make(?:\[\d+\])?: ([^\s:*]+): (?:No such file or directory|Command not found)$/,
    read: ([, program = '']) => general('error', `${program}: not found`),
  },
  // make's own: what it cannot make, and its warnings (a clock that is wrong).
  {
    pattern: /^make(?:\[\d+\])?: \*\*\* (.+)$/,
    read: ([, text = '']) =>
      text.startsWith('Waiting for unfinished jobs')
        ? undefined
        : general('error', text.replace(/\.? +Stop\.$/, '.')),
  },
  {
    pattern: /^make(?:\[\d+\])?: warning: +(.+)$/,
    read: ([, text = '']) => (/jobserver/.test(text) ? undefined : general('warning', text)),
  },
  // rustc, whose place is on the line below.
  {
    pattern: /^(error|warning)(?:\[(E\d+)\])?: (.+)$/,
    read: ([, kind, code, text = '']) =>
      /aborting due to|^\d+ warnings? emitted|could not compile/.test(text) || derived.test(text)
        ? undefined
        : {
            ...general(severityOf(kind), code === undefined ? text : `${text} [${code}]`),
            placeFollows: rustPlace,
          },
  },
  // pahole and resolve_btfids.
  {
    pattern: /^(?:FAILED|BTF): (.+)$/,
    read: (_match, line) => general('error', line),
  },
  // FILE:LINE[:COLUMN]: … of compilers, assemblers, linkers, Kconfig and make.
  {
    pattern: /^([^:\s][^:]{0,1023}):(\d{1,9}):(?:(\d{1,9}):)? ?(.+)$/,
    read: ([, file = '', line, column, text = '']) => {
      const place = {
        file,
        line: Number(line),
        ...(column === undefined ? {} : { column: Number(column) }),
      };
      const kind = kinds.exec(text);
      if (kind !== null) {
        const [, name, message = ''] = kind;
        if (name === undefined || derived.test(message)) return undefined;
        return { severity: severityOf(name), ...place, message };
      }
      if (isOfLinker(text)) return { severity: 'error', ...place, message: text, ofLinker: true };
      const stop = /^\*\*\* (.+)$/.exec(text)?.[1]?.replace(/\.? +Stop\.$/, '.');
      if (stop !== undefined) return { severity: 'error', ...place, message: stop };
      return ofBuildFile(file, text) ? { severity: 'error', ...place, message: text } : undefined;
    },
  },
  // FILE:(SECTION+OFFSET): of a linker, for objects without debug information.
  {
    pattern: /^([^:\s][^:]{0,1023}):\([^()]+\): (.+)$/,
    read: ([, file = '', text = '']) =>
      isOfLinker(text)
        ? { severity: 'error', file, line: null, message: text, ofLinker: true }
        : undefined,
  },
  {
    pattern: /\bNo space left on device\b|\bDisk quota exceeded\b/,
    read: (_match, line) => general('error', line),
  },
];

/** What a line complains of; undefined for one that is no complaint. Pure, in linear time. */
export function readComplaint(line: string): Complaint | undefined {
  for (const { pattern, read } of rules) {
    const match = pattern.exec(line);
    if (match !== null) return read(match, line);
  }
  return undefined;
}

function general(severity: 'warning' | 'error', message: string): Complaint {
  return { severity, file: null, line: null, message };
}

function severityOf(kind: string | undefined): 'warning' | 'error' {
  return kind?.toLowerCase() === 'warning' ? 'warning' : 'error';
}

function isOfLinker(text: string): boolean {
  return /^(?:undefined reference to|multiple definition of|relocation truncated)/.test(text);
}

function ofLinker(text: string): Complaint | undefined {
  const kind = /^(error|warning): (.+)$/.exec(text);
  if (kind !== null) {
    const [, name, message = ''] = kind;
    const found = general(severityOf(name), message);
    return /^(?:undefined|duplicate) symbol/.test(message)
      ? { ...found, placeFollows: lldPlace }
      : found;
  }
  if (derived.test(text) || /: in function [`']|^NOTE:/.test(text)) return undefined;
  const place = /^([^:\s][^:]{0,1023}):(?:(\d{1,9})|\([^()]+\)): (.+)$/.exec(text);
  if (place !== null && isOfLinker(place[3] ?? '')) {
    const [, file = '', line, message = ''] = place;
    return {
      ...{ severity: 'error', file, line: line === undefined ? null : Number(line), message },
      ofLinker: true,
    };
  }
  return general('error', text);
}

/** Whether what stands behind a place of such a file is an error without the word. */
function ofBuildFile(file: string, text: string): boolean {
  const name = file.slice(file.lastIndexOf('/') + 1);
  if (name.startsWith('Kconfig')) return true;
  return /^(?:Makefile|Kbuild)/.test(name) && text.endsWith(': No such file or directory');
}
