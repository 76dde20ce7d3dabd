import type { Environment } from '../../environment.ts';
import type { CanaryResult } from '../canary.ts';
import type { KvmVerdict } from '../kvm-verdict.ts';
import type { FeatureLists } from '../qemu-installation.ts';
import type { Sign } from '../needs.ts';

/** A file as stat(2) shows it. */
export interface FileStatus {
  readonly type: 'chr' | 'file' | 'dir' | 'other';
  /** Major and minor number of a device. */
  readonly rdev: readonly [number, number] | undefined;
  /** Permission bits. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

/** Room in a file system; what is not known is undefined. */
export interface Space {
  /** Bytes that a user without root's reserve can still write. */
  readonly availableBytes: number;
  readonly freeBytes: number | undefined;
  readonly availableInodes: number | undefined;
}

/** Whether a port can be bound, and by whom it is held where that can be seen. */
export type PortAnswer =
  | { readonly free: true }
  | {
      readonly free: false;
      readonly code: string;
      readonly holder: string | undefined;
      /** The holder's process, where it may be looked into. */
      readonly pid?: number | undefined;
    };

/**
 * A host to be asked: the real one, or one that is described in a folder. Absence
 * is an answer (`undefined`, an empty list); a promise that fails or hangs becomes
 * a gap in the facts.
 */
export interface HostSource {
  /** The effective user as the process knows it; what is undefined is looked up in the facts. */
  readonly user: {
    readonly name: string | undefined;
    readonly uid: number | undefined;
    readonly gid: number | undefined;
  };
  readonly env: Environment;
  /** As `uname -r` and `uname -m` print them. */
  readonly kernel: string | undefined;
  readonly arch: string | undefined;

  /** Undefined for a file that is missing or cannot be read. */
  readText(path: string): Promise<string | undefined>;
  /** Names in a folder; empty when it is missing. */
  list(folder: string): Promise<readonly string[]>;
  stat(path: string): Promise<FileStatus | undefined>;
  /** The errno of opening for reading and writing; undefined when it opens. */
  openReadWrite(path: string): Promise<string | undefined>;
  space(folder: string): Promise<Space | undefined>;
  isRunnable(path: string): Promise<boolean>;
  /** Null where it may not be read. */
  readKernelLog(): Promise<string | null>;
  /** A line of the account database, which is more than /etc/group where there is LDAP. */
  findGroup(gid: number): Promise<string | undefined>;
  /** Whether its user agreed to run it; absent where there is nothing to agree to. */
  mayRun?(binary: string): Promise<boolean>;
  askQemu(binary: string): Promise<Partial<FeatureLists> | undefined>;
  /** Undefined when nothing is known about it. */
  testKvm(binary: string): Promise<KvmVerdict | undefined>;
  testEmulation(binary: string): Promise<CanaryResult | undefined>;
  /** How many times as long computing takes under emulation; undefined when it cannot be measured. */
  measureSlowdown(binary: string): Promise<number | undefined>;
  /** Whether a user namespace can be made, as building an image without root does. */
  tryNamespace(): Promise<boolean>;
  /** Whether the program that knows finds it; undefined where that program is not there. */
  askTools(sign: Sign): Promise<boolean | undefined>;
  /** Undefined where nothing can be bound: only the tables of sockets count then. */
  bindPort(host: string, port: number): Promise<PortAnswer | undefined>;
}
