import type { Context, GlobalOptions } from '../../context.ts';
import { describeOverlay } from '../../image/overlay.ts';
import { machineArgv } from '../../machine/argv.ts';
import { findRunning } from '../../machine/state.ts';
import { chooseBootEntry } from '../../lifecycle/launch/boot-entry.ts';
import { quoteForShell } from '../../text/shell-words.ts';
import type { UpOptions } from '../../lifecycle/launch/types.ts';
import type { LocatedMachine } from '../../lifecycle/launch/locate.ts';
import {
  findSuitableQemu,
  prepareMachine,
  requireBackingFile,
} from '../../lifecycle/launch/prepare.ts';

/**
 * `utopia up --dry-run`: the plan and QEMU's argument list, with every refusal
 * that `up` itself would come to, and nothing made or taken.
 */
export async function runDryRun(
  context: Context,
  globals: GlobalOptions,
  located: LocatedMachine,
  { qemuArgs, bootEntry }: Pick<UpOptions, 'qemuArgs' | 'bootEntry'>,
): Promise<void> {
  const { terminal } = context;
  const running = (await findRunning(located.paths)) !== undefined;
  const backing = await requireBackingFile(context, located);
  const qemu = await findSuitableQemu(context, located, qemuArgs, 'none');
  const ports = { running, reserve: false };
  const prepared = await prepareMachine(context, located, { qemu, backing }, qemuArgs, ports);
  const kernel =
    bootEntry === undefined
      ? prepared.plan.kernel
      : await chooseBootEntry(context, located, backing, bootEntry, { place: false });
  const plan = { ...prepared.plan, kernel };
  const overlay = await describeOverlay({ config: located.config, backing, running });
  const argv = machineArgv(plan);
  if (globals.json) {
    terminal.json({ binary: plan.binary, argv, plan: { ...plan, overlay } });
    return;
  }
  terminal.outWhole(commandLine(plan.binary, argv));
  if (globals.quiet) return;
  const made = overlay.exists ? 'is there' : 'would be made';
  terminal.err(`  ${overlay.path} ${made}, over ${backing.path}`);
  for (const text of overlay.warnings) terminal.err(`  ${terminal.symbols.warn} ${text}`);
  if (running) terminal.err(`  ${located.config.name} is running: utopia up would refuse`);
}

/** A command that can be pasted into a shell, an option with its values a line. */
function commandLine(binary: string, argv: readonly string[]): string {
  let text = quoteForShell(binary);
  for (const word of argv) {
    text += word.startsWith('-') ? ` \\\n  ${quoteForShell(word)}` : ` ${quoteForShell(word)}`;
  }
  return text;
}
