import type { LifecycleContext } from '../lifecycle-context.ts';
import { UtopiaError } from '../../errors.ts';
import {
  describeHardware,
  identifyDisks,
  savedKernel,
  writtenDisks,
} from '../../vmstate/describe.ts';
import { compareStates } from '../../vmstate/manifest.ts';
import {
  forgetSuspended,
  requireSuspended,
  type SuspendedMachine,
} from '../../vmstate/suspended.ts';
import type { MachinePlan } from '../../machine/plan.ts';
import type { UpOptions } from '../launch/launched-machine.ts';

/**
 * The saved state that this machine goes on from; undefined for one that boots.
 * A state that does not fit any more is kept until somebody chooses to boot: on a
 * terminal by an answer, elsewhere by --cold. One whose record cannot be read is kept
 * until --cold. Throws `state-unfit` with all that has changed.
 */
export async function chooseResume(
  context: LifecycleContext,
  options: Pick<UpOptions, 'cold'>,
  plan: MachinePlan,
  qemuVersion: string,
): Promise<SuspendedMachine | undefined> {
  const suspended = options.cold ? undefined : await requireSuspended(plan.overlay);
  if (suspended === undefined) {
    // Also what a killed suspend has left.
    await forgetSuspended(plan.overlay);
    return undefined;
  }
  const [stateFile] = await identifyDisks([suspended.stateFile]);
  const differences = compareStates(suspended.manifest, {
    ...describeHardware({ ...plan, hardwareGeneration: suspended.manifest.hardwareGeneration }),
    qemuVersion,
    disks: await identifyDisks(writtenDisks(plan)),
  }).map(({ text }) => text);
  if (stateFile?.bytes !== suspended.manifest.stateBytes) {
    differences.push(`The saved memory ${suspended.stateFile} is gone or cut off.`);
  }
  if (differences.length === 0) return suspended;
  const kernel = savedKernel(suspended.manifest);
  const lacked = kernel === plan.kernel?.name ? undefined : kernel;
  const { asker, reporter, signal } = context;
  if (!asker.present) throw unfit(differences, lacked);
  reporter.line('  The machine is suspended and cannot be resumed as it was saved:');
  for (const text of differences) reporter.line(`    ${text}`);
  const question = 'Boot it instead? What it had in memory is then lost.';
  if (!(await asker.confirm(question, { assumeYes: false, signal })))
    throw unfit(differences, lacked);
  await forgetSuspended(plan.overlay);
  return undefined;
}

function unfit(differences: readonly string[], kernel: string | undefined): UtopiaError {
  const before = kernel === undefined ? 'Put it back as it was' : `utopia up --kernel ${kernel}`;
  return new UtopiaError(
    'state-unfit',
    'The machine is suspended and cannot be resumed as it was saved.',
    {
      details: differences,
      hint: `${before}, or boot (its memory is lost): utopia up --cold`,
    },
  );
}
