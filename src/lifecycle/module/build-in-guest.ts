import { lstat, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { UtopiaError } from '../../errors.ts';
import { readModulesOrder } from '../../module/built-objects.ts';
import { readRegularText } from '../../system/regular-file.ts';
import { makeFolder } from '../../system/make-folder.ts';
import type { LifecycleContext, LifecycleOptions } from '../lifecycle-context.ts';
import type { LocatedMachine } from '../launch/locate.ts';
import { runInCopy } from '../throwaway/in-copy.ts';
import { askedCopy } from '../throwaway/copy-run.ts';
import type { WayEnd } from './module-build.ts';

export interface GuestBuild {
  /** Absolute; the built modules come back to it. */
  readonly folder: string;
  readonly yes: boolean;
  readonly startedAt: number;
}

/** What the copy brings back lies here until it is put in its place. */
const outName = '.utopia-module';

/** Builds in the guest's own layer over the folder, and lays what came of it aside. */
const script = [
  'exec 2>&1',
  `rm -rf ${outName}; mkdir ${outName} || exit 3`,
  'rm -f modules.order',
  'make -j"$(nproc)" -C "/lib/modules/$(uname -r)/build" M="$PWD" modules || exit 2',
  `cp modules.order ${outName}/ || exit 3`,
  String.raw`for each in $(sed -e 's,^kernel//,/,' -e 's,\.k\{0\,1\}o$,,' modules.order); do`,
  `  cp --parents "\${each#"$PWD"/}.ko" ${outName}/ || exit 3`,
  'done',
].join('\n');

const mostObjectBytes = 2 ** 30;
const mostOutputBytes = 4 * 2 ** 20;

/**
 * Builds a module in a throwaway copy of the machine, by the guest's own make and headers, and
 * brings the modules back. Throws what `utopia run` throws where the copy does not start, and
 * `interrupted`.
 */
export async function buildInGuest(
  context: LifecycleContext,
  globals: LifecycleOptions,
  located: LocatedMachine,
  { folder, yes, startedAt }: GuestBuild,
): Promise<WayEnd> {
  const out = join(folder, outName);
  await rm(out, { recursive: true, force: true });
  try {
    const { report } = await runInCopy({ ...context, cwd: folder }, globals, located, {
      ...askedCopy,
      ...{ words: ['sh', '-c', script], timeoutMs: undefined, yes, startedAt },
      ...{ copyOut: [outName], maxCopyOutBytes: mostObjectBytes, maxOutputBytes: mostOutputBytes },
    });
    if (context.signal.aborted) throw new UtopiaError('interrupted', 'Interrupted.');
    const succeeded = report.outcome === 'exited' && report.commandStatus === 0;
    const output = report.message === null ? report.stdout : `${report.stdout}\n${report.message}`;
    if (!succeeded) return { succeeded, output, objects: [] };
    const order = await readRegularText(join(out, 'modules.order')).catch(() => '');
    const objects = readModulesOrder(order, folder);
    for (const object of objects) await place(join(out, object), join(folder, object));
    return { succeeded, output, objects };
  } finally {
    await rm(out, { recursive: true, force: true });
  }
}

/** Only a regular file of the guest's takes an object's place. */
async function place(from: string, to: string): Promise<void> {
  if (!(await lstat(from)).isFile()) throw new UtopiaError('copy-failed', `${to} is no file.`);
  await makeFolder(dirname(to));
  await rename(from, to);
}
