import { UtopiaError } from '../../errors.ts';
import type { ProgressDisplay } from '../../progress-events.ts';
import type { LifecycleContext } from '../lifecycle-context.ts';
import type { LocatedMachine } from '../launch/locate.ts';
import { findHeaders, type KernelHeaders } from './headers.ts';
import { findHostWay, type HostWay, type NoWay } from './host-way.ts';
import { findNativeWay } from './native-way.ts';
import { findTargetKernel, type ModuleUse, type TargetKernel } from './target-kernel.ts';

/** Where a module is built, decided. */
export type Way = Exclude<HostWay, { readonly kind: 'none' }> & { readonly headers: KernelHeaders };

/** The kernel, or why its disk cannot be read: then only the guest knows. */
export async function findTarget(
  context: LifecycleContext,
  located: LocatedMachine,
  use: ModuleUse,
): Promise<TargetKernel | string> {
  try {
    return await findTargetKernel(context, located, use);
  } catch (error) {
    if (
      error instanceof UtopiaError &&
      error.code === 'kernel-unknown' &&
      located.config.kernel === undefined
    ) {
      return 'its disk cannot be read from outside';
    }
    throw error;
  }
}

/**
 * The first of the three ways that this host and the image allow: its own compiler, the image's
 * tools, the guest.
 */
export async function chooseWay(
  context: LifecycleContext,
  target: TargetKernel | string,
  folder: string,
  display: ProgressDisplay,
): Promise<Way | NoWay> {
  if (typeof target === 'string') return { kind: 'none', why: target };
  const headers = await findHeaders(context, target, display);
  const host = await findHostWay(context.env, target, headers, folder);
  if (host.kind !== 'none') return { ...host, headers };
  const native = await findNativeWay(context, { target, headers, folder, display });
  if (native.kind !== 'none') return { ...native, headers, why: host.why };
  // One reason is not told twice.
  const same = native.why === '' || (host.unconfinable === true && native.unconfinable === true);
  return { kind: 'none', why: same ? host.why : `${host.why}, and ${native.why}` };
}

/** `gcc-12 fits 6.1.0-56-amd64 of the image`. */
export function whyThere(way: Way | HostWay, target: TargetKernel | string): string {
  if (way.kind === 'none') return way.why;
  const { version, from } = target as TargetKernel;
  if (way.kind === 'native') return `the image's own ${way.compiler}, since ${way.why}`;
  const whose = { build: 'your build', image: 'the image', private: 'the machine' }[from];
  return `${way.compiler} fits ${version} of ${whose}`;
}

/** Where it is built, and why; beyond that, what a build here is not kept from. */
export function reportWay({ report }: ProgressDisplay, way: Way | HostWay, why: string): void {
  if (way.kind === 'none') return report({ kind: 'finished', title: 'guest', detail: why });
  const { unconfined } = way;
  const detail = unconfined === undefined ? `confined: ${why}` : why;
  report({ kind: 'finished', title: way.kind, detail });
  if (unconfined === undefined) return;
  const rights = `its make can do all that you can: ${unconfined}`;
  report({ kind: 'warned', title: 'unconfined', detail: rights });
}

/** `gcov-12` of `gcc-12`. */
export function gcovOf({ prefix, compiler }: Way): readonly string[] | undefined {
  const name = compiler.replace(/gcc(-\d+)?$/, 'gcov$1');
  return name === compiler ? undefined : [...prefix, name];
}
