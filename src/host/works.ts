import { UtopiaError } from '../errors.ts';
import type { Need, Tool } from './needs.ts';

/** Work that a host can be prepared for: `doctor --for WORK`. */
export const works = ['kernel', 'qemu', 'module', 'image'] as const;
export type Work = (typeof works)[number];

/** Each as the beginning of a sentence, and as a part of one. */
export const workNames: Readonly<Record<Work, string>> = {
  kernel: 'a kernel',
  qemu: 'QEMU',
  module: 'a module',
  image: 'an image',
};

/** What a check of the group Work looks for. */
export interface WorkNeeds {
  readonly id: string;
  readonly works: readonly Work[];
  readonly needs: readonly Need[];
}

function program(name: string, tool: Tool): Need {
  return { tool, name, sign: { kind: 'program', name } };
}

function header(name: string, tool: Tool, called: string): Need {
  return { tool, name: called, sign: { kind: 'header', name } };
}

function library(name: string, tool: Tool, called: string): Need {
  return { tool, name: called, sign: { kind: 'library', name } };
}

/** What each check looks for, apart from what the builder of images says it needs itself. */
export const workNeeds: readonly WorkNeeds[] = [
  {
    id: 'build.compiler',
    works: ['kernel', 'qemu', 'module'],
    needs: [
      program('gcc', 'gcc'),
      program('make', 'make'),
      header('stdio.h', 'libc-headers', "the C library's headers"),
    ],
  },
  {
    id: 'kernel.programs',
    works: ['kernel'],
    needs: [
      program('flex', 'flex'),
      program('bison', 'bison'),
      program('bc', 'bc'),
      program('perl', 'perl'),
      program('xz', 'xz'),
      program('depmod', 'depmod'),
      program('mke2fs', 'mke2fs'),
    ],
  },
  {
    id: 'kernel.libs',
    works: ['kernel'],
    needs: [
      header('gelf.h', 'libelf-headers', 'the headers of libelf'),
      header('openssl/opensslv.h', 'openssl-headers', 'the headers of OpenSSL'),
    ],
  },
  {
    id: 'kernel.menu',
    works: ['kernel'],
    needs: [header('ncurses.h', 'ncurses-headers', 'the headers of ncurses')],
  },
  {
    id: 'kernel.extras',
    works: ['kernel'],
    needs: [
      program('git', 'git'),
      program('python3', 'python3'),
      program('pahole', 'pahole'),
      program('cpio', 'cpio'),
      program('rsync', 'rsync'),
    ],
  },
  {
    id: 'qemu.build',
    works: ['qemu'],
    needs: [
      program('ninja', 'ninja'),
      program('pkg-config', 'pkg-config'),
      program('python3', 'python3'),
      {
        tool: 'python-venv',
        name: "Python's ensurepip",
        sign: { kind: 'python-module', name: 'ensurepip' },
      },
    ],
  },
  {
    id: 'qemu.libs',
    works: ['qemu'],
    needs: [
      library('glib-2.0', 'glib', 'GLib'),
      library('pixman-1', 'pixman', 'pixman'),
      library('zlib', 'zlib', 'zlib'),
    ],
  },
  {
    id: 'qemu.slirp',
    works: ['qemu'],
    needs: [library('slirp', 'libslirp', 'libslirp')],
  },
  {
    id: 'qemu.virtfs',
    works: ['qemu'],
    needs: [
      library('libcap-ng', 'libcap-ng', 'libcap-ng'),
      header('attr/attributes.h', 'libattr', 'the headers of libattr'),
    ],
  },
  { id: 'module.headers', works: ['module'], needs: [] },
  { id: 'image.tools', works: ['image'], needs: [] },
];

/** Work as typed, some with commas between. Throws `usage` for what nobody knows. */
export function readWorks(wanted: readonly string[]): readonly Work[] {
  const words = new Set(wanted.flatMap((word) => word.split(',')));
  for (const word of words) {
    if (works.some((work) => work === word)) continue;
    throw new UtopiaError('usage', `--for does not know ${word}.`, {
      hint: `It knows ${listWords(works)}.`,
    });
  }
  return works.filter((work) => words.has(work));
}

/** Checks of every host that this work waits for, too. */
const others: Readonly<Record<Work, readonly string[]>> = {
  kernel: [],
  qemu: [],
  module: [],
  image: ['host.userns'],
};

/** Ids of all checks that are about this work. */
export function checksOf(wanted: readonly Work[]): string[] {
  const own = workNeeds.filter((each) => each.works.some((work) => wanted.includes(work)));
  return [...own.map(({ id }) => id), ...wanted.flatMap((work) => others[work])];
}

/** What these checks look for; `image` is what the builder of images needs. */
export function needsOf(ids: ReadonlySet<string>, image: readonly Need[]): WorkNeeds[] {
  return workNeeds
    .filter(({ id }) => ids.has(id))
    .map((each) => (each.id === 'image.tools' ? { ...each, needs: image } : each));
}

/** `a kernel and QEMU`. */
export function nameWorks(wanted: readonly Work[]): string {
  return listWords(wanted.map((work) => workNames[work]));
}

/** `flex, bison and bc`. */
export function listWords(words: readonly string[]): string {
  const last = words.at(-1) ?? '';
  return words.length < 2 ? last : `${words.slice(0, -1).join(', ')} and ${last}`;
}

/** The command that judges a host for this work. */
export function doctorCommand(wanted: readonly Work[]): string {
  return wanted.length === 0 ? 'utopia doctor' : `utopia doctor --for ${wanted.join(',')}`;
}
