import type { Need, Tool } from '../host/needs.ts';
import type { QemuTree } from './qemu-tree.ts';

/** What a tree brings along, or asks the host for; read from its files. */
export interface TreeParts {
  /** meson.build is there: since 5.2. */
  readonly meson: boolean;
  /** Meson itself lies in it: a release, not a clone or a distribution's source. */
  readonly ownMeson: boolean;
  /** configure makes a Python environment: since 8.1. */
  readonly makesVenv: boolean;
  readonly ownSlirp: boolean;
  readonly ownFdt: boolean;
  /** The target is not built without a device tree: some versions since 6.2. */
  readonly needsFdt: boolean;
  /** What the 9p share asks for besides the C library, if anything. */
  readonly virtfsNeeds: 'libcap-ng' | 'libcap' | undefined;
}

function program(name: string, tool: Tool): Need {
  return { tool, name, sign: { kind: 'program', name } };
}

function library(name: string, called: string, tool: Tool): Need {
  return { tool, name: called, sign: { kind: 'library', name } };
}

function header(name: string, called: string, tool: Tool): Need {
  return { tool, name: called, sign: { kind: 'header', name } };
}

/** What has to be there before this tree's configure can be asked what it offers. Pure. */
export function configureNeeds(): readonly Need[] {
  return [
    program('gcc', 'gcc'),
    program('make', 'make'),
    header('stdio.h', "the C library's headers", 'libc-headers'),
    program('python3', 'python3'),
    program('pkg-config', 'pkg-config'),
  ];
}

/** Everything that building this tree with these features needs of the host. Pure. */
export function qemuNeeds(parts: TreeParts, features: ReadonlySet<string>): readonly Need[] {
  return [
    ...configureNeeds(),
    ...(parts.meson ? [program('ninja', 'ninja')] : []),
    ...(parts.meson && !parts.ownMeson ? [program('meson', 'meson')] : []),
    ...(parts.makesVenv
      ? [
          {
            tool: 'python-venv',
            name: "Python's ensurepip",
            sign: { kind: 'python-module', name: 'ensurepip' },
          } satisfies Need,
        ]
      : []),
    library('glib-2.0', 'GLib', 'glib'),
    library('pixman-1', 'pixman', 'pixman'),
    library('zlib', 'zlib', 'zlib'),
    ...(parts.needsFdt && !parts.ownFdt
      ? [header('libfdt.h', 'the headers of libfdt', 'libfdt')]
      : []),
    ...(features.has('slirp') && !parts.ownSlirp ? [library('slirp', 'libslirp', 'libslirp')] : []),
    ...(features.has('virtfs') && parts.virtfsNeeds === 'libcap-ng'
      ? [library('libcap-ng', 'libcap-ng', 'libcap-ng')]
      : []),
    ...(features.has('virtfs') && parts.virtfsNeeds === 'libcap'
      ? [header('sys/capability.h', 'the headers of libcap', 'libcap')]
      : []),
  ];
}

/**
 * About how many bytes a first build takes with its objects, and what is installed: 7.2 for
 * x86_64-softmmu took 1,058 and 122 MB; of releases before 5.0 it is a guess. Pure.
 */
export function estimateQemuBytes({ version }: Pick<QemuTree, 'version'>): {
  readonly objects: number;
  readonly installed: number;
} {
  const isOld = Number(version.split('.')[0]) < 5;
  return isOld
    ? { objects: 600 * megabyte, installed: 100 * megabyte }
    : { objects: 1_200 * megabyte, installed: 150 * megabyte };
}

const megabyte = 1_000_000;
