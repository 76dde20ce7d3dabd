import type { Context, GlobalOptions } from '../context.ts';
import { listGuestKernels, setDefaultKernel } from '../lifecycle/kernel/default-kernel.ts';
import { findGuest } from '../lifecycle/watch/find-guest.ts';
import { listGuestKernelLines } from '../ui/kernels.ts';

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
  for (const line of listGuestKernelLines(found)) terminal.out(line);
}
