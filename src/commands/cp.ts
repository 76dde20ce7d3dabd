import type { Context, GlobalOptions } from '../context.ts';
import { copyFiles } from '../guest/copy.ts';
import { checkRoute, readRoute } from '../guest/copy-route.ts';
import { findGuest } from '../lifecycle/watch/find-guest.ts';

export interface CpOptions {
  readonly login: string;
  /** As typed: one with a colon in front is in the guest; the last is where to. */
  readonly paths: readonly string[];
  readonly preserve: boolean;
}

/** `utopia cp`: files and folders between host and guest, over the shared connection. */
export async function runCp(
  context: Context,
  globals: GlobalOptions,
  { login, paths, preserve }: CpOptions,
): Promise<void> {
  const route = readRoute(paths, context.cwd);
  await checkRoute(route);
  const { access } = await findGuest(context, globals, login);
  const progress = context.terminal.animated && !globals.quiet && !globals.json;
  try {
    await copyFiles(access, { ...route, preserve, progress });
  } catch (error) {
    // scp's progress leaves the cursor in its line.
    if (progress) context.terminal.err();
    throw error;
  }
}
