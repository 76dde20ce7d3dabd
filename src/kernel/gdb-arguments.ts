import { UtopiaError } from '../errors.ts';
import { watchModules } from './gdb-modules.ts';

/** The kernel's scripts for gdb (its scripts/gdb). */
export interface GdbScripts {
  /** `vmlinux-gdb.py`. */
  readonly file: string;
  /** Where the Python package `linux` lies that it imports. */
  readonly folder: string;
}

/** How gdb is started on a guest. */
export interface GdbSession {
  readonly vmlinux: string;
  readonly scripts: GdbScripts | undefined;
  /** The Unix socket of QEMU's stub. */
  readonly socket: string;
  /** Folders with modules that have debug information. */
  readonly moduleFolders: readonly string[];
  /** Functions, or whatever else gdb's `break` takes. */
  readonly breakpoints: readonly string[];
  /** The guest has not run yet: nothing of the kernel is in its memory. */
  readonly atStart: boolean;
  /** Number of the processor that crashed, of a guest that is paused there. */
  readonly crashedCpu?: number | undefined;
}

/**
 * How long gdb waits for QEMU's answer before it says the same again; 2 s by default. QEMU 7.2 ends
 * with a segmentation fault at the second `D` (detach) of a connection, and the guest with it: `quit`
 * on a busy host lost the machine.
 */
const answerSeconds = 30;

/**
 * The commands that bring gdb to the guest, in order, and those that it takes before it reads
 * `vmlinux`. Pure.
 */
export function gdbCommands(session: GdbSession): {
  readonly early: readonly string[];
  readonly late: readonly string[];
} {
  const { vmlinux, scripts, socket, moduleFolders, breakpoints, atStart, crashedCpu } = session;
  const isWaited = breakpoints.length > 0;
  // A breakpoint of hardware stays where the loader writes over a place with one in its code.
  const fromStart = ['thbreak start_kernel', ...(isWaited ? ['continue'] : [])];
  return {
    early: ['set pagination off', `set remotetimeout ${answerSeconds}`, ...ownScripts(scripts)],
    late: [
      ...sourceScripts(scripts),
      // A function of a module that is not there yet.
      'set breakpoint pending on',
      `target remote ${socket}`,
      watchModules({
        ...{ vmlinux, folders: moduleFolders },
        crashed: crashedCpu === undefined ? undefined : { cpu: crashedCpu },
      }),
      ...(atStart ? fromStart : []),
      ...breakpoints.map((each) => `break ${each}`),
      ...(isWaited ? ['continue'] : []),
    ],
  };
}

/**
 * What gdb is told before it reads `vmlinux`, where the kernel's scripts are there: not to load them
 * by itself, which asks for a permission in the user's own settings, at length. Pure.
 */
export function ownScripts(scripts: GdbScripts | undefined): string[] {
  return scripts === undefined ? [] : ['set auto-load python-scripts off'];
}

/** The commands that give gdb the kernel's own ones (lx-ps …), behind `ownScripts`. Pure. */
export function sourceScripts(scripts: GdbScripts | undefined): string[] {
  if (scripts === undefined) return [];
  return [
    `python import sys; sys.path.insert(0, ${JSON.stringify(scripts.folder)})`,
    `source ${scripts.file}`,
  ];
}

/** gdb's arguments for a session; `more` are the user's own. Pure. */
export function gdbArguments(session: GdbSession, more: readonly string[]): string[] {
  const { early, late } = gdbCommands(session);
  return [
    '-q',
    ...early.flatMap((each) => ['-iex', each]),
    ...late.flatMap((each) => ['-ex', each]),
    ...more,
    session.vmlinux,
  ];
}

/** The same as a file for `gdb -x`. Pure. */
export function gdbScript(session: GdbSession): string {
  const { early, late } = gdbCommands(session);
  return `${[...early, `file ${session.vmlinux}`, ...late].join('\n')}\n`;
}

/** A configuration for the C/C++ extension of VS Code (its launch.json), as a value. Pure. */
export function vscodeLaunch(session: GdbSession, gdb: string): object {
  const { early, late } = gdbCommands({ ...session, breakpoints: [] });
  const at = late.findIndex((each) => each.startsWith('target remote '));
  const [target = '', ...rest] = late.slice(at);
  return {
    name: 'kernel of utopia',
    type: 'cppdbg',
    request: 'launch',
    program: session.vmlinux,
    cwd: '${workspaceFolder}',
    MIMode: 'gdb',
    miDebuggerPath: gdb,
    miDebuggerServerAddress: target.replace('target remote ', ''),
    setupCommands: [...early, ...late.slice(0, at)].map((text) => ({ text })),
    postRemoteConnectCommands: rest.map((text) => ({ text })),
  };
}

/**
 * Checks what was typed for gdb: its own arguments, and the places to stop at. Throws `usage`: gdb
 * would take such a word for a core dump, and an empty place for the current one. Pure.
 */
export function checkGdbWords({
  words: [first = '-'],
  breakpoints,
}: {
  readonly words: readonly string[];
  readonly breakpoints: readonly string[];
}): void {
  if (breakpoints.some((each) => each.trim() === '')) {
    throw new UtopiaError('usage', '--break names no place.', {
      hint: 'utopia gdb --break lunix_chrdev_read',
    });
  }
  if (first.startsWith('-')) return;
  throw new UtopiaError('usage', `gdb's own arguments begin with a dash; "${first}" does not.`, {
    hint: `To stop at a function: utopia gdb --break ${first}`,
  });
}
