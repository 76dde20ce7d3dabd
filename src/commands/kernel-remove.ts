import type { Context, GlobalOptions } from '../context.ts';
import { UtopiaError } from '../errors.ts';
import { findFileUsers } from '../image/file-users.ts';
import type { KernelBuild } from '../kernel/build-store.ts';
import { removeBuild } from '../kernel/store-build.ts';
import { formatBytes } from '../text/format.ts';
import { findSavedUsers, type SavedUser } from '../lifecycle/kernel/saved-users.ts';
import { confirm } from '../ui/ask.ts';
import { requireBuild } from './report/require-build.ts';

/** `utopia kernel remove NAME…`: asks, and removes no kernel that a machine runs with. */
export async function runKernelRemove(
  context: Context,
  globals: GlobalOptions,
  { names, yes }: { readonly names: readonly string[]; readonly yes: boolean },
): Promise<void> {
  const { terminal, env, signal } = context;
  const builds: KernelBuild[] = [];
  for (const name of new Set(names)) builds.push(await requireBuild(env, name));
  for (const build of builds) await refuseUsed(build);
  const bytes = builds.reduce((sum, build) => sum + build.bytes, 0);
  const called = builds.map(({ name }) => name).join(', ');
  const saved = await findSavedUsers(env, process.getuid?.() ?? 0, [...new Set(names)]);
  const question = `${sayUsers(saved)}Remove ${called} (${formatBytes(bytes)})?`;
  if (!(await confirm(terminal, question, { assumeYes: yes, signal }))) {
    throw new UtopiaError('consent-needed', `${called} was not removed.`);
  }
  for (const build of builds) await removeBuild(build);
  if (globals.json) terminal.json({ schema: 1, removed: builds.map(({ name }) => name) });
  else terminal.out(`Removed ${called}: ${formatBytes(bytes)}`);
}

/** What would be lost with the builds, as the sentence before the question. */
function sayUsers(saved: readonly SavedUser[]): string {
  if (saved.length === 0) return '';
  const most = 5;
  const some = saved.slice(0, most).map(({ what }) => what);
  const more = saved.length > most ? [`${saved.length - most} more`] : [];
  return `The memory of ${[...some, ...more].join('; ')} is lost with it, the disks stay. `;
}

/** A machine that runs has the modules open. */
async function refuseUsed({ name, modules }: KernelBuild): Promise<void> {
  const users = modules === undefined ? [] : await findFileUsers(modules);
  if (users.length === 0) return;
  const who = users.map(({ program, pid }) => `${program}, pid ${pid}`).join('; ');
  throw new UtopiaError('kernel-busy', `The kernel ${name} is in use (${who}).`, {
    hint: 'utopia down      in the folder of the machine that runs it',
  });
}
