import type { Context, GlobalOptions } from '../../context.ts';
import type { LocatedMachine } from '../../lifecycle/launch/locate.ts';
import { planStart } from '../../lifecycle/launch/plan-start.ts';
import type { UpOptions } from '../../lifecycle/launch/launched-machine.ts';
import { shellCommand } from '../../ui/shell-command.ts';

/**
 * `utopia up --dry-run`: the plan and QEMU's argument list, with every refusal
 * that `up` itself would come to, and nothing made or taken.
 */
export async function runDryRun(
  context: Context,
  globals: GlobalOptions,
  located: LocatedMachine,
  options: Pick<UpOptions, 'qemuArgs' | 'bootEntry'>,
): Promise<void> {
  const { terminal } = context;
  const { plan, argv, overlay, backing, running } = await planStart(context, located, options);
  if (globals.json) {
    terminal.json({ binary: plan.binary, argv, plan: { ...plan, overlay } });
    return;
  }
  terminal.outWhole(shellCommand(plan.binary, argv));
  if (globals.quiet) return;
  const made = overlay.exists ? 'is there' : 'would be made';
  terminal.err(`  ${overlay.path} ${made}, over ${backing.path}`);
  for (const text of overlay.warnings) terminal.err(`  ${terminal.symbols.warn} ${text}`);
  if (running) terminal.err(`  ${located.config.name} is running: utopia up would refuse`);
}
