import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { UtopiaError } from '../../errors.ts';
import { readModulesOrder } from '../../module/built-objects.ts';
import { keepOutput } from '../../system/bounded-output.ts';
import { readRegularText } from '../../system/regular-file.ts';
import type { LifecycleContext } from '../lifecycle-context.ts';
import { runMake } from '../kernel/run-make.ts';
import type { KernelHeaders } from './headers.ts';
import type { HostWay } from './host-way.ts';
import type { WayEnd } from './module-build.ts';

export interface HostBuild {
  /** Absolute; objects go there, as make puts them. */
  readonly folder: string;
  readonly headers: KernelHeaders;
  readonly way: Exclude<HostWay, { readonly kind: 'none' }>;
  readonly jobs: number;
  /** Words of make besides the usual: `C=2` runs sparse. */
  readonly variables: readonly string[];
  readonly onLine: (line: string) => void;
}

/** A module's line of make is some hundred bytes; a compiler's complaints have some thousands. */
const mostOutputBytes = 4 * 2 ** 20;

/** Runs kbuild's make on the folder. Throws `interrupted`, once make has ended. */
export async function buildOnHost(
  { env, signal, urgentSignal }: Pick<LifecycleContext, 'env' | 'signal' | 'urgentSignal'>,
  { folder, headers, way, jobs, variables, onLine }: HostBuild,
): Promise<WayEnd> {
  const kept = keepOutput(mostOutputBytes);
  const order = join(folder, 'modules.order');
  // A list of an earlier build would name objects of this one.
  await rm(order, { force: true });
  const make = ['make', `-j${jobs}`, '-C', headers.build, `M=${folder}`];
  const status = await runMake({
    argv: [...way.prefix, ...make, ...way.variables, ...variables, 'modules'],
    ...{ env, signal, urgentSignal, cwd: headers.build, log: undefined },
    onLine: (line) => {
      kept.take(Buffer.from(`${line}\n`));
      onLine(line);
    },
  });
  if (signal.aborted) {
    throw new UtopiaError('interrupted', 'Interrupted; what is built stays.', {
      hint: 'The same command goes on from there.',
    });
  }
  const succeeded = status === 0;
  const listed = succeeded ? await readRegularText(order).catch(() => '') : '';
  return { succeeded, output: kept.kept().text, objects: readModulesOrder(listed, folder) };
}
