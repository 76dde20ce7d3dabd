import type { Command } from 'commander';
import type { Context, GlobalOptions } from '../context.ts';

/**
 * Runs one command: `load` imports its module only now, so that a command pays
 * for what it uses; `options` are the global ones and its own.
 */
export type RunCommand = (
  command: Command,
  run: (context: Context, globals: GlobalOptions) => Promise<void>,
) => Promise<void>;
