import { UtopiaError } from '../../errors.ts';
import type { BackingFile } from '../../image/image-files.ts';
import { findBootChoice, type BootChoice } from '../../kernel/boot-choices.ts';
import type { PlannedKernel } from '../../machine/plan.ts';
import { isThere } from '../../system/look.ts';
import type { LifecycleContext } from '../lifecycle-context.ts';
import { openBootDisk, type BootDisk } from './boot-disk.ts';
import type { LocatedMachine } from './locate.ts';
import { placeChoice, planChoice } from './place-kernel.ts';

/** The machine's own disk: its private file, and before the first start its image. */
export async function openOwnDisk(
  { config }: Pick<LocatedMachine, 'config'>,
  backing: BackingFile,
): Promise<BootDisk> {
  const { privateFile } = config;
  return await openBootDisk(backing, (await isThere(privateFile)) ? privateFile : undefined);
}

/**
 * The kernel of the machine's own disk that `--boot-entry` names, taken out of it; with `place`
 * false only planned. Nothing on the disk is changed. Throws `kernel-unknown` with what there is.
 */
export async function chooseBootEntry(
  { signal }: Pick<LifecycleContext, 'signal'>,
  located: LocatedMachine,
  backing: BackingFile,
  wanted: string,
  { place }: { readonly place: boolean },
): Promise<PlannedKernel> {
  await using disk = await openOwnDisk(located, backing);
  const choice = findBootChoice(disk.choices, wanted);
  if (choice === undefined) throw unknownEntry(disk.choices, wanted);
  return place
    ? await placeChoice(located.paths, disk, choice, 'disk', signal)
    : planChoice(located.paths, choice, 'disk');
}

function unknownEntry(choices: readonly BootChoice[], wanted: string): UtopiaError {
  const details = describeChoices(choices);
  if (wanted === 'previous') {
    return new UtopiaError('kernel-unknown', 'The disk has one kernel only: there is no other.', {
      details,
      hint: 'utopia rescue boots the machine with the kernel of its image.',
    });
  }
  return new UtopiaError(
    'kernel-unknown',
    `The disk has no kernel ${JSON.stringify(wanted)} to boot, or several that begin so.`,
    { details, hint: `utopia up --boot-entry ${choices[0]?.version ?? 'previous'}` },
  );
}

/** A line for each kernel of a disk. */
export function describeChoices(choices: readonly BootChoice[]): string[] {
  return choices.map(({ version, isUsual }) =>
    isUsual ? `${version}   boots when nobody chooses` : version,
  );
}

/** A machine without what UTOPIA_KERNEL and its kin say. */
export function withoutOwnKernel(located: LocatedMachine): LocatedMachine {
  const config = { ...located.config, kernel: undefined, initrd: undefined, append: '' };
  return { ...located, config };
}

/** The same without arguments for QEMU, too: in a machine that is to be mended, one of them may be what is wrong. */
export function withoutOwnAdditions(located: LocatedMachine): LocatedMachine {
  const without = withoutOwnKernel(located);
  return { ...without, config: { ...without.config, extraArgs: [] } };
}
