import { ownScripts, sourceScripts, type GdbScripts } from './gdb-arguments.ts';
import { watchModules } from './gdb-modules.ts';

/** What a debugger is opened on. */
export interface DumpSession {
  /** An ELF dump of the guest's memory. */
  readonly dump: string;
  readonly vmlinux: string;
  readonly scripts: GdbScripts | undefined;
  /** Modules with debug information. */
  readonly modules: readonly string[];
  /** Folders in which such modules lie. */
  readonly moduleFolders: readonly string[];
  /** The process that crashed; undefined where nobody knows. */
  readonly task?: number | undefined;
}

/** Programs that open a dump, the first choice first. */
export const dumpReaders = ['drgn', 'crash', 'gdb'] as const;

export type DumpReader = (typeof dumpReaders)[number];

/** The arguments of each for a session; `more` are the user's own. Pure. */
export const dumpArguments: Readonly<
  Record<DumpReader, (session: DumpSession, more: readonly string[]) => string[]>
> = {
  drgn: ({ dump, vmlinux, modules }, more) => [
    ...['-c', dump],
    ...[vmlinux, ...modules].flatMap((file) => ['-s', file]),
    ...more,
  ],
  crash: ({ dump, vmlinux, moduleFolders: [folder] }, more) => [
    ...(folder === undefined ? [] : ['--mod', folder]),
    ...more,
    ...[vmlinux, dump],
  ],
  gdb: ({ dump, vmlinux, scripts, moduleFolders, task }, more) => [
    ...['-q', '-iex', 'set pagination off'],
    ...ownScripts(scripts).flatMap((each) => ['-iex', each]),
    ...[
      ...sourceScripts(scripts),
      watchModules({
        ...{ vmlinux, folders: moduleFolders, dump },
        crashed: task === undefined ? undefined : { pid: task },
      }),
    ].flatMap((each) => ['-ex', each]),
    ...more,
    ...[vmlinux, dump],
  ],
};
