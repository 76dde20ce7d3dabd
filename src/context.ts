import type { LifecycleContext, LifecycleOptions } from './lifecycle/lifecycle-context.ts';
import type { Terminal } from './ui/terminal.ts';

/**
 * The world as a command sees it. Everything that a decision depends on comes in
 * here, so that a test can hand over another folder, home or clock.
 */
export interface Context extends LifecycleContext {
  /** What started this process: Node, the program's file, and the words behind it as typed. */
  readonly commandLine: readonly string[];
  readonly terminal: Terminal;
}

/** Options that every command takes, as typed; `config` is --config FILE, `machine` -n NAME. */
export type GlobalOptions = LifecycleOptions;
