import type { StageReached } from './boot-stages.ts';
import type { Crash } from '../crash/crash-event.ts';

/** What a running machine does, as far as its user should know. Times are ms since the machine's start. */
export type GuestEvent =
  | StageReached
  /** The guest was reset: by itself, or by a command of the host. Its boot starts over. */
  | { readonly kind: 'rebooted'; readonly by: 'guest' | 'host'; readonly atMs: number }
  /** The guest has stopped its processors for good, as after `halt`: it is off, and QEMU stays. */
  | { readonly kind: 'halted'; readonly atMs: number }
  /** The power button was pressed through QMP; the guest may ignore it. */
  | { readonly kind: 'power-button'; readonly atMs: number }
  /** The machine is about to end. `reason` is QEMU's own word: `guest-shutdown`, `host-qmp-quit`, `guest-panic`, `host-signal`. */
  | {
      readonly kind: 'shutdown';
      readonly by: 'guest' | 'host';
      readonly reason: string;
      readonly atMs: number;
    }
  /** The pvpanic device tells of a panic, at once and without a reason; once in a boot. */
  | { readonly kind: 'panicked'; readonly atMs: number }
  /** The console tells of a crash; a second time when that has ended in a panic. */
  | { readonly kind: 'crashed'; readonly crash: Crash; readonly atMs: number }
  /** The host's file system has no room for the overlay: the guest stands still. */
  | { readonly kind: 'disk-full'; readonly device: string; readonly atMs: number }
  /** Another error of a disk; `stopped` when the guest stands still because of it. */
  | {
      readonly kind: 'disk-error';
      readonly device: string;
      readonly reason: string;
      readonly stopped: boolean;
      readonly atMs: number;
    }
  /** Who held the agent's port in the guest has let it go. */
  | { readonly kind: 'agent-left'; readonly atMs: number }
  | { readonly kind: 'paused'; readonly atMs: number }
  | { readonly kind: 'resumed'; readonly atMs: number };

export type GuestEventKind = GuestEvent['kind'];
