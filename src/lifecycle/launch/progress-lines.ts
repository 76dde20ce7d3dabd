import { basename } from 'node:path';
import { describeSlowdown } from '../../host/describe-slowdown.ts';
import type { Acceleration } from '../../host/qemu-installation.ts';
import type { Overlay } from '../../image/image-files.ts';
import { canPlaceModules } from '../../machine/kernel-line.ts';
import type { MachinePlan } from '../../machine/plan.ts';
import type { ProgressEvent } from '../../progress-events.ts';
import { formatBytes } from '../../text/format.ts';

/** The image and the private file, and how much of it is used. */
export function imageLine(overlay: Overlay): ProgressEvent {
  const yours = overlay.created ? 'new' : `${formatBytes(overlay.allocatedBytes)} of yours`;
  const image = basename(overlay.backing.path);
  return {
    kind: 'finished',
    title: 'image',
    detail: `${image} (read-only) + ${basename(overlay.path)} (${yours})`,
  };
}

/**
 * A kernel that is booted directly, and what keeps its modules away; a hint for one that stands
 * among QEMU's own arguments. Nothing for the disk's own.
 */
export function kernelLines({ kernel, extraArgs }: MachinePlan): ProgressEvent[] {
  const title = 'kernel';
  if (kernel === undefined) {
    if (!extraArgs.some((word) => /^--?kernel$/.test(word))) return [];
    const detail = 'among the arguments of QEMU; utopia up --kernel FILE gives it its modules, too';
    return [{ kind: 'warned', title, detail }];
  }
  const { name, version, modules, append, from } = kernel;
  if (from !== undefined) {
    const where = from === 'disk' ? 'of its own disk' : "of the machine's image";
    return [{ kind: 'finished', title, detail: `${version} ${where}, this time` }];
  }
  const what = name === version ? name : `${name} (${version})`;
  if (modules !== undefined && !canPlaceModules(append)) {
    const detail = `${what}, booted directly, without its modules: UTOPIA_APPEND starts something else first`;
    return [{ kind: 'warned', title, detail }];
  }
  const detail = `${what}, booted directly${modules === undefined ? ', without modules' : ', with its modules'}`;
  return [{ kind: 'finished', title, detail }];
}

/** KVM, or how slow without it and why. */
export function speedLine(acceleration: Acceleration): ProgressEvent {
  if (acceleration.accelerator === 'kvm') {
    return { kind: 'finished', title: 'speed', detail: 'KVM' };
  }
  const why = acceleration.reason === undefined ? 'as configured' : acceleration.reason;
  const detail = `software emulation, ${describeSlowdown(acceleration.slowdown)}: ${why}`;
  return { kind: 'warned', title: 'speed', detail };
}
