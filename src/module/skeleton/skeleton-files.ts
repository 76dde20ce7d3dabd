import { clangdText } from '../clangd.ts';
import { simpleSources } from './simple-kinds.ts';
import { busSources } from './bus-kinds.ts';
import { nodeSources } from './node-kinds.ts';
import type { SkeletonSource } from './skeleton-source.ts';

/** Kinds of modules that there is a skeleton of, the first by default. */
export const skeletonKinds = ['hello', 'char', 'proc', 'misc', 'platform', 'ldisc'] as const;

export type SkeletonKind = (typeof skeletonKinds)[number];

/** A file of a skeleton. */
export interface SkeletonFile {
  /** In the module's folder. */
  readonly name: string;
  readonly text: string;
  readonly runs: boolean;
}

const sources: Readonly<Record<SkeletonKind, SkeletonSource>> = {
  ...simpleSources,
  ...nodeSources,
  ...busSources,
};

const makefile = `# In the guest: make, make clean. On the host: utopia module build.
KDIR ?= /lib/modules/$(shell uname -r)/build

modules clean:
	$(MAKE) -C $(KDIR) M=$(CURDIR) $@

.PHONY: modules clean
`;

/** What a module may be called here: a name for C, a file and the kernel alike. Pure. */
export function isModuleName(text: string): boolean {
  return /^[a-z][a-z0-9_]{0,30}$/.test(text);
}

/** The files of a new module, for Linux 6.1 and later. Pure. */
export function skeletonFiles(name: string, kind: SkeletonKind): readonly SkeletonFile[] {
  const { code, test } = sources[kind];
  // Not in KBUILD_MODNAME.
  const fill = (text: string): string => text.replaceAll(/(?<![A-Z])NAME/g, name);
  return [
    { name: 'Kbuild', text: `obj-m := ${name}.o\n`, runs: false },
    { name: 'Makefile', text: makefile, runs: false },
    { name: `${name}.c`, text: fill(code), runs: false },
    { name: 'test.sh', text: fill(`#!/bin/sh\n${test}`), runs: true },
    { name: '.clangd', text: clangdText, runs: false },
  ];
}
