import { UtopiaError } from '../../errors.ts';
import { findFileUsers } from '../../image/file-users.ts';
import type { KernelBuild } from '../../kernel/build-store.ts';
import { requireBuild } from '../../kernel/require-build.ts';
import { removeBuild } from '../../kernel/store-build.ts';
import { formatBytes } from '../../text/format.ts';
import type { LifecycleContext } from '../lifecycle-context.ts';
import { findSavedUsers, type SavedUser } from './saved-users.ts';

/**
 * Removes builds of the store, after a question that says what is lost with them. Throws
 * `kernel-unknown`, `kernel-busy` for one that a machine runs with, `consent-needed`; then none is removed.
 */
export async function removeBuilds(
  { env, signal, asker }: Pick<LifecycleContext, 'env' | 'signal' | 'asker'>,
  names: readonly string[],
  yes: boolean,
): Promise<{ readonly removed: readonly string[]; readonly bytes: number }> {
  const builds: KernelBuild[] = [];
  for (const name of new Set(names)) builds.push(await requireBuild(env, name));
  for (const build of builds) await refuseUsed(build);
  const bytes = builds.reduce((sum, build) => sum + build.bytes, 0);
  const removed = builds.map(({ name }) => name);
  const called = removed.join(', ');
  const saved = await findSavedUsers(env, process.getuid?.() ?? 0, [...new Set(names)]);
  const question = `${sayUsers(saved)}Remove ${called} (${formatBytes(bytes)})?`;
  if (!(await asker.confirm(question, { assumeYes: yes, signal }))) {
    throw new UtopiaError('consent-needed', `${called} was not removed.`);
  }
  for (const build of builds) await removeBuild(build);
  return { removed, bytes };
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
