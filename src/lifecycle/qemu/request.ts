import { isAtLeast } from '../../text/versions.ts';
import { join } from 'node:path';
import type { QemuTree } from '../../qemu/qemu-tree.ts';

/** How a QEMU is to be built; paths are absolute. */
export interface QemuRequest {
  readonly source: string;
  /** Where objects go; undefined: `build` in the source. */
  readonly out: string | undefined;
  readonly prefix: string;
  readonly jobs: number;
  /** Features besides the usual ones, and those that are not wanted. */
  readonly with: readonly string[];
  readonly without: readonly string[];
  /** Options for configure as they are. */
  readonly more: readonly string[];
  /** A QEMU of another source in the prefix may be replaced. */
  readonly replace: boolean;
}

/** A build that can begin: all that it needs is there, and nobody else builds in its folder. */
export interface PreparedQemu extends AsyncDisposable {
  readonly tree: QemuTree;
  readonly out: string;
  readonly prefix: string;
  readonly jobs: number;
  /** The words behind `configure`. */
  readonly configureWords: readonly string[];
  /** Folders of the host in which firmware is looked for; empty where the source brings it. Absolute. */
  readonly firmware: readonly string[];
  /** Things to know before it begins. */
  readonly warnings: readonly string[];
}

/** The program that a prefix has when QEMU is installed in it. */
export function binaryOf(prefix: string): string {
  return join(prefix, 'bin/qemu-system-x86_64');
}

/** The oldest QEMU that utopia starts machines with; see the check qemu.version. */
export const oldestForMachines = [5, 2] as const;

/** Whether utopia starts machines with this version. Pure. */
export function runsMachines(version: string): boolean {
  return isAtLeast(version, oldestForMachines);
}
