import type { KernelBuild } from '../kernel/build-store.ts';
import { formatBytes } from '../text/format.ts';
import { formatAge } from '../text/local-time.ts';

/** A build of the store as cells of a row: name, size, age, and what else tells it apart. */
export function buildCells(build: KernelBuild, now: Date): string[] {
  const { name, version, fragments, bytes, builtAt, commit } = build;
  const more = [
    ...(version === name ? [] : [version]),
    ...(fragments.length === 0 ? [] : [`with ${fragments.join(', ')}`]),
    ...(commit === null ? [] : [commit.slice(0, 12)]),
  ];
  const age = formatAge(now, new Date(builtAt));
  return [name, formatBytes(bytes).padStart(7), age, more.join(', ')];
}

/** What is shown of the kernels that a guest has in /boot. */
interface ShownGuestKernels {
  readonly kernels: readonly {
    readonly version: string;
    readonly isDefault: boolean;
    readonly isRunning: boolean;
    readonly packaged: boolean;
  }[];
  /** Undefined where grub's menu does not tell. */
  readonly default: string | undefined;
  readonly previous: string | undefined;
  readonly running: string;
}

/** A line each: version, and what it is. */
export function listGuestKernelLines({
  kernels,
  default: chosen,
  previous,
  running,
}: ShownGuestKernels): string[] {
  const width = Math.max(0, ...kernels.map(({ version }) => version.length));
  const lines = kernels.map(({ version, isDefault, isRunning, packaged }) => {
    const words = [
      ...(isDefault ? ['default'] : []),
      ...(isRunning ? ['runs'] : []),
      ...(version === previous ? ['previous default'] : []),
      ...(packaged ? ['of a package'] : []),
    ];
    return `${version.padEnd(width)}  ${words.join(', ')}`.trimEnd();
  });
  if (kernels.every(({ isRunning }) => !isRunning)) {
    lines.push(`It runs ${running}, which is not in its /boot.`);
  }
  if (chosen === undefined) lines.push('The menu of its boot loader does not tell which it boots.');
  return lines;
}
