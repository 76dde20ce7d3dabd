import type { Context, GlobalOptions } from '../context.ts';
import {
  listGuestKernels,
  setDefaultKernel,
  type DefaultKernel,
} from '../lifecycle/kernel/default-kernel.ts';
import { findGuest } from '../lifecycle/watch/guest-access.ts';

/** `utopia kernel default [VERSION|previous]`: the guest's kernels, or another one that it boots from now on. */
export async function runKernelDefault(
  context: Context,
  globals: GlobalOptions,
  wanted: string | undefined,
): Promise<void> {
  const guest = await findGuest(context, globals, 'root');
  const found =
    wanted === undefined ? await listGuestKernels(guest) : await setDefaultKernel(guest, wanted);
  const { terminal } = context;
  if (globals.json) {
    terminal.json({
      schema: 1,
      name: guest.machine.config.name,
      default: found.default ?? null,
      previous: found.previous ?? null,
      running: found.running,
      kernels: found.kernels,
    });
    return;
  }
  if (wanted !== undefined) {
    terminal.out(`${guest.machine.config.name} boots Linux ${found.default} from now on.`);
    if (found.default !== found.running) {
      terminal.out(`  It runs ${found.running} now; utopia reboot changes over.`);
    }
    return;
  }
  for (const line of listLines(found)) terminal.out(line);
}

/** A line each: version, and what it is. */
function listLines({ kernels, default: chosen, previous, running }: DefaultKernel): string[] {
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
