import type { MachinePlan } from './plan.ts';

interface DiskName {
  readonly name: string;
  readonly mode: string;
}

/** Where a running machine can be reached. */
export interface Connections {
  readonly ssh: { readonly host: string; readonly port: number };
  /** The name of a throwaway copy, to which no port of the host leads. */
  readonly copy?: string | undefined;
  /** Where SSH is open to others too. */
  readonly exposed?: { readonly host: string; readonly port: number } | undefined;
  /** No port of the host leads to SSH; only utopia's own commands get in. */
  readonly closed?: boolean | undefined;
  /** The guest takes keys alone over SSH: this one is in root and user. */
  readonly keyFile?: string | undefined;
  readonly vnc: MachinePlan['vnc'];
  readonly sharedDir: string;
  /** What other people on this host may do in it; `none` where there are none. */
  readonly shareReach?: 'none' | 'read' | 'write' | undefined;
  /** Why the guest's `user` cannot write to it, and what to do. */
  readonly shareTrouble?: string | undefined;
  readonly consoleLog: string;
  /** Exercise disks in the guest's order, by name; a machine that an older utopia started names none. */
  readonly disks?: readonly DiskName[] | undefined;
  /** The guest has a sensor feed at its second serial port. */
  readonly sensors?: boolean | undefined;
  /** A kernel that is booted directly, by name and release. */
  readonly kernel?: { readonly name: string; readonly version: string } | undefined;
  /** The guest reaches nothing outside of it. */
  readonly isolated?: boolean | undefined;
  /** Other people on this host, in words; undefined where there are none. */
  readonly others?: string | undefined;
  /** That they can log in stands right above the card. */
  readonly othersTold?: boolean | undefined;
  /** The guest has X2Go's server. */
  readonly x2go?:
    | {
        /** Of the image's desktop, as X2Go's clients call it. */
        readonly sessionType: string | undefined;
        /** The processor is emulated: a session takes minutes to come up. */
        readonly emulated: boolean;
      }
    | undefined;
  /** Its kernel has stopped: no login and no session comes about, only its screen is there. */
  readonly lost?: boolean | undefined;
  /** An `up` in the foreground watches it: Ctrl-C there stops the machine. */
  readonly foreground: boolean;
  /** Its terminal is an SSH session, which takes it along. */
  readonly remote?: boolean | undefined;
}
