import { sourceScripts, type GdbScripts } from './gdb-arguments.ts';

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
  // gdb reads no page tables: of modules, and of what lies beside the kernel's image and its window
  // on all memory, it finds nothing in a dump.
  gdb: ({ dump, vmlinux, scripts, task }, more) => [
    ...['-q', '-iex', 'set pagination off'],
    ...[...sourceScripts(scripts), ...(task === undefined ? [] : [selectTask(task)])].flatMap(
      (each) => ['-ex', each],
    ),
    ...more,
    ...[vmlinux, dump],
  ],
};

/** The dump numbers the thread of a crash by its process. */
function selectTask(pid: number): string {
  return `python [each.switch() for each in gdb.selected_inferior().threads() if each.ptid[1] == ${pid}]`;
}
