import type { Overlay } from '../../image/image-files.ts';
import type { StartedQemu } from '../../machine/start.ts';
import type { MachineState } from '../../machine/state.ts';
import type { SuspendedMachine } from '../../vmstate/suspended.ts';
import type { ConfigFlags } from './locate.ts';
import type { BannerProbe } from './banner-probe.ts';
import type { PreparedMachine } from './prepare.ts';

export interface UpOptions {
  /** Return when SSH answers and leave nothing of ours running but QEMU. */
  readonly detach: boolean;
  /** With `detach`: wait for SSH. */
  readonly wait: boolean;
  readonly timeoutMs: number | undefined;
  readonly stallMs: number;
  /** A machine that runs already is no error. */
  readonly ensure: boolean;
  readonly yes: boolean;
  /** Open SSH on UTOPIA_SSH_INTERFACE without a look at the guest's passwords. */
  readonly exposeAnyway: boolean;
  readonly dryRun: boolean;
  /** Make a machine in this folder, although one above has one. */
  readonly here: boolean;
  /** Gives up the state of a suspended machine and boots. */
  readonly cold: boolean;
  /** Boots, and leaves the guest before its first instruction, for a debugger. */
  readonly debug: boolean;
  /** A kernel of the machine's own disk, by its version, or `previous`; undefined for what its boot loader takes. */
  readonly bootEntry: string | undefined;
  /** What stood behind `--`: QEMU's own arguments. */
  readonly qemuArgs: readonly string[];
  readonly flags: ConfigFlags;
}

/** A machine whose QEMU has just been started by this process. */
export interface LaunchedMachine extends PreparedMachine {
  readonly overlay: Overlay;
  readonly started: StartedQemu;
  readonly state: MachineState;
  /** What was restored, for a machine that goes on instead of booting. */
  readonly resumed: SuspendedMachine | undefined;
  /** For one that goes on from a warm base; whoever has the machine stops it. */
  readonly bannerProbe?: BannerProbe | undefined;
  /** Of one that goes on: its guest has the right time and its shares. */
  readonly woken?: boolean | undefined;
}
