import { basename } from 'node:path';
import { describeSlowdown } from '../../host/describe-slowdown.ts';
import type { Acceleration } from '../../host/types.ts';
import type { Overlay } from '../../image/types.ts';
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

/** KVM, or how slow without it and why. */
export function speedLine(acceleration: Acceleration): ProgressEvent {
  if (acceleration.accelerator === 'kvm') {
    return { kind: 'finished', title: 'speed', detail: 'KVM' };
  }
  const why = acceleration.reason === undefined ? 'as configured' : acceleration.reason;
  const detail = `software emulation, ${describeSlowdown(acceleration.slowdown)}: ${why}`;
  return { kind: 'warned', title: 'speed', detail };
}
