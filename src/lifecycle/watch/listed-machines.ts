import { dirname } from 'node:path';
import type { MachinePlan } from '../../machine/plan.ts';
import { addressOf, listMachines, type KnownMachine } from '../../machine/registry.ts';
import { leadsToFolder } from '../../system/look.ts';
import { residentBytes } from '../../system/process.ts';
import type { LifecycleContext } from '../lifecycle-context.ts';
import { findCondition, type MachineCondition } from './condition.ts';

/** A machine of this user, with what is known of it from outside. */
export interface ListedMachine {
  /** What `-n` takes. */
  readonly name: string;
  readonly id: string;
  readonly state: MachineCondition;
  readonly folder: string | undefined;
  readonly config: string | undefined;
  readonly folderExists: boolean;
  readonly pid: number | undefined;
  readonly ssh: MachinePlan['ssh'] | undefined;
  readonly vnc: MachinePlan['vnc'];
  readonly memory:
    { readonly guestMiB: number | undefined; readonly residentBytes: number } | undefined;
  readonly startedAt: string | undefined;
}

/** Every machine of the user `uid`, wherever its folder is, also where that is gone. */
export async function findListedMachines(
  context: Pick<LifecycleContext, 'env' | 'now'>,
  uid: number,
): Promise<ListedMachine[]> {
  const known = await listMachines(context.env, uid);
  return await Promise.all(known.map(async (machine) => await look(context, known, machine)));
}

async function look(
  context: Pick<LifecycleContext, 'now'>,
  known: readonly KnownMachine[],
  machine: KnownMachine,
): Promise<ListedMachine> {
  const { paths, state, running } = machine;
  const [condition, resident, folderExists] = await Promise.all([
    findCondition(running, paths, context.now, state?.plan.overlay),
    running === undefined ? undefined : residentBytes(running.qemu.pid),
    state === undefined ? false : leadsToFolder(dirname(state.file)),
  ]);
  const plan = running?.state?.plan;
  return {
    name: addressOf(known, machine),
    id: paths.id,
    state: condition,
    folder: state === undefined ? undefined : dirname(state.file),
    config: state?.file,
    folderExists,
    pid: running?.qemu.pid,
    ssh: plan?.ssh,
    vnc: plan?.vnc,
    memory:
      resident === undefined ? undefined : { guestMiB: plan?.memoryMiB, residentBytes: resident },
    startedAt: running?.state?.startedAt,
  };
}
