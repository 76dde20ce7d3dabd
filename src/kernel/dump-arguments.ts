import { gdbScriptCommands, type GdbScripts } from './gdb-arguments.ts';

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
  gdb: ({ dump, vmlinux, scripts, moduleFolders }, more) => [
    ...['-q', '-iex', 'set pagination off'],
    ...more,
    ...gdbScriptCommands(scripts, moduleFolders).flatMap((each) => ['-ex', each]),
    ...[vmlinux, dump],
  ],
};
