import type { Context } from '../context.ts';
import type { ChosenMachine } from '../lifecycle/lifecycle-context.ts';
import { findNamedMachine } from '../lifecycle/launch/named-machine.ts';

/** What `-n NAME` means, for the command that it stands before. Throws `machine-unknown`. */
export async function findMachineNamed(context: Context, name: string): Promise<ChosenMachine> {
  return await findNamedMachine(context, name);
}
