import type { Config } from '../config/machine-config.ts';
import type { Need } from './needs.ts';

/** What looking at an image came to. */
export type ImageFinding =
  | {
      readonly kind: 'good';
      readonly path: string;
      readonly message: string;
      readonly warnings: readonly string[];
    }
  /** Not there yet: `up` makes it, or offers to. */
  | { readonly kind: 'absent'; readonly message: string }
  /** `code`, message and hint are those that `up` would stop with. */
  | {
      readonly kind: 'refused';
      readonly code: string;
      readonly message: string;
      readonly details: readonly string[];
      readonly hint: string | undefined;
    }
  /** Not looked at, because something else was refused first. */
  | { readonly kind: 'skipped'; readonly because: string };

/** A running machine of another lab of this user's. */
export interface OtherMachine {
  readonly pid: number;
  readonly name: string;
  /** The command that ends it. */
  readonly stop: readonly string[];
}

/** The lab that shall run on the host: its own folder, whichever host is asked. */
export interface LabFacts {
  /** Undefined when the configuration has errors, but for a privileged port: net.ports tells of that. */
  readonly config: Config | undefined;
  /** Each with its line, as the config's own report words them. */
  readonly configErrors: readonly string[];
  readonly configLabel: string;
  readonly backing: ImageFinding;
  readonly overlay: ImageFinding;
  /** TCP ports that this lab's own running machine holds. */
  readonly ownPorts: readonly number[];
  /** Running machines of this user's other labs, where one of them may hold a port. */
  readonly otherMachines: readonly OtherMachine[];
  /** What the machine needs of QEMU. */
  readonly needed: { readonly devices: readonly string[]; readonly netdevs: readonly string[] };
  /** What building an image needs of the host. */
  readonly imageNeeds: readonly Need[];
}
