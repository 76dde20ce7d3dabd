import type { Context } from '../../context.ts';
import { UtopiaError } from '../../errors.ts';
import {
  describeChoices,
  chooseBootEntry,
  openOwnDisk,
} from '../../lifecycle/launch/boot-entry.ts';
import type { LocatedMachine } from '../../lifecycle/launch/locate.ts';
import { requireBackingFile } from '../../lifecycle/launch/prepare.ts';
import type { Adjust } from '../../lifecycle/start-machine.ts';
import { findRunning } from '../../machine/state.ts';
import { choose } from '../../ui/ask.ts';

/**
 * What `--boot-entry` makes of a start: a kernel of the machine's own disk, loaded by QEMU.
 * `menu` asks which one; throws `usage` with what there is where nobody can answer.
 */
export async function planBootEntry(
  context: Context,
  located: LocatedMachine,
  wanted: string | undefined,
): Promise<Adjust | undefined> {
  if (wanted === undefined) return undefined;
  const entry = wanted === 'menu' ? await askForEntry(context, located) : wanted;
  if (entry === undefined) return undefined;
  return async (prepared) => {
    const { backing } = prepared;
    const kernel = await chooseBootEntry(context, located, backing, entry, { place: true });
    return { prepared: { ...prepared, plan: { ...prepared.plan, kernel } } };
  };
}

/** Undefined for a machine that runs: its start is refused with its own words. */
async function askForEntry(context: Context, located: LocatedMachine): Promise<string | undefined> {
  const { terminal, signal } = context;
  if ((await findRunning(located.paths)) !== undefined) return undefined;
  const backing = await requireBackingFile(context, located);
  await using disk = await openOwnDisk(located, backing);
  const { choices } = disk;
  if (!terminal.interactive) {
    throw new UtopiaError('usage', 'Nobody is here to choose a kernel.', {
      details: ["Kernels of the machine's disk:", ...describeChoices(choices)],
      hint: `utopia up --boot-entry ${choices[0]?.version ?? 'previous'}`,
    });
  }
  const usual = Math.max(
    0,
    choices.findIndex(({ isUsual }) => isUsual),
  );
  const at = await choose(terminal, 'Which kernel?', describeChoices(choices), usual, signal);
  return choices[at]?.version;
}
