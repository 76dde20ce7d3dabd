import { dirname } from 'node:path';
import { writeFileAtomically } from '../../system/atomic-file.ts';
import type { LifecycleContext } from '../lifecycle-context.ts';
import { searchQemu, isRunnableHere, refuseDoubtful } from '../../host/find-qemu.ts';
import {
  findDoubtful,
  readTrusted,
  trustFile,
  type ProgramPlaces,
} from '../../host/program-trust.ts';
import { makeFolder } from '../../system/make-folder.ts';

/**
 * Asks before a QEMU of the lab's folder is run for the first time: it may be part
 * of what somebody else made. What is agreed to is written down by its path, so
 * that a rebuild asks nothing. `assumeYes` (--yes) agrees; without a terminal and
 * without it nothing is asked. Throws `consent-needed`.
 */
export async function agreeToQemu(
  { env, asker, signal }: LifecycleContext,
  places: ProgramPlaces,
  assumeYes: boolean,
): Promise<void> {
  const { binary, imgBinary } = await searchQemu(places.qemuBuildDir, env, isRunnableHere);
  const programs = [binary, imgBinary].filter((path) => path !== undefined);
  const doubtful = await findDoubtful(programs, places, env);
  if (doubtful.length === 0) return;
  const changeable = doubtful.some((each) => each.changeable !== undefined);
  const paths = doubtful.map(({ path }) => path);
  if (changeable || (!assumeYes && !asker.present)) throw refuseDoubtful(doubtful);
  const question = `${paths.join(' and ')} ${paths.length === 1 ? 'lies' : 'lie'} in the lab's folder. Run from now on?`;
  if (!(await asker.confirm(question, { assumeYes, signal }))) throw refuseDoubtful(doubtful);
  const all = new Set([...(await readTrusted(env)), ...paths]);
  const file = trustFile(env);
  await makeFolder(dirname(file), { mode: 0o700 });
  await writeFileAtomically(file, `${JSON.stringify({ schema: 1, paths: [...all] })}\n`);
}
