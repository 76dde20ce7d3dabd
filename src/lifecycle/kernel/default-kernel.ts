import { UtopiaError } from '../../errors.ts';
import { entryOf, nameOf } from '../../kernel/grub-trial.ts';
import { readMenu, type GuestKernels } from '../../kernel/guest-kernels.ts';
import {
  draftMenuScript,
  previousVariable,
  setVariablesScript,
  takeMenuScript,
} from '../../kernel/install-script.ts';
import type { ReachableGuest } from '../watch/find-guest.ts';
import { askRoot, findGuestKernels, refuseForeignGrub } from './find-guest-kernels.ts';

/** A kernel that a guest has in /boot. */
export interface InstalledVersion {
  readonly version: string;
  readonly isDefault: boolean;
  readonly isRunning: boolean;
  /** A package of the guest's distribution brought it. */
  readonly packaged: boolean;
}

export interface DefaultKernel {
  readonly kernels: readonly InstalledVersion[];
  /** Undefined where grub's menu does not tell. */
  readonly default: string | undefined;
  /** What `previous` means. */
  readonly previous: string | undefined;
  readonly running: string;
}

/** Which kernels a guest has, which one it boots and which one runs. */
export async function listGuestKernels({ access }: ReachableGuest): Promise<DefaultKernel> {
  return describeKernels(await findGuestKernels(access));
}

/** The same from what the guest told. Pure. */
export function describeKernels(kernels: GuestKernels): DefaultKernel {
  const { installed, packaged, running, menu, environment } = kernels;
  const chosen = menu.usual?.version;
  const previous = environment.get(previousVariable);
  const versions = installed.toSorted((a, b) => a.localeCompare(b, 'en', { numeric: true }));
  return {
    kernels: versions.map((version) => ({
      version,
      isDefault: version === chosen,
      isRunning: version === running,
      packaged: packaged.includes(version),
    })),
    default: chosen,
    previous: previous !== undefined && installed.includes(previous) ? previous : undefined,
    running,
  };
}

/** Makes an installed version, or the one before, the guest's default. Throws `kernel-unknown`. */
export async function setDefaultKernel(
  { access }: ReachableGuest,
  wanted: string,
): Promise<DefaultKernel> {
  const kernels = await findGuestKernels(access);
  refuseForeignGrub(kernels);
  const now = describeKernels(kernels);
  const version = wanted === 'previous' ? now.previous : wanted;
  if (version === undefined) {
    throw new UtopiaError('kernel-unknown', 'No kernel was the default before this one.', {
      hint: `utopia kernel default VERSION; installed are ${kernels.installed.join(', ')}.`,
    });
  }
  if (!kernels.installed.includes(version)) {
    throw new UtopiaError('kernel-unknown', `The guest has no kernel ${version}.`, {
      hint: `Installed are ${kernels.installed.join(', ')}.`,
    });
  }
  const remembered =
    now.default === undefined || now.default === version ? {} : { [previousVariable]: now.default };
  const entry = kernels.menu.takesSavedEntry ? entryOf(kernels.menu, version) : undefined;
  const failure = `Linux ${version} could not be made the default.`;
  if (entry !== undefined) {
    const variables = { saved_entry: nameOf(entry), ...remembered };
    await askRoot(access, setVariablesScript(variables), failure);
  } else {
    await setInNewMenu(access, kernels, version, remembered, failure);
  }
  return describeKernels(await findGuestKernels(access));
}

/** For a menu whose default does not stand in grub's environment, or that does not know the version yet. */
async function setInNewMenu(
  access: ReachableGuest['access'],
  kernels: GuestKernels,
  version: string,
  remembered: Readonly<Record<string, string>>,
  failure: string,
): Promise<void> {
  const saveDefault = kernels.wantedDefault !== 'saved';
  if (!kernels.menu.heedsOneShot || (saveDefault && !kernels.readsDropIns)) {
    throw new UtopiaError(
      'kernel-unsuitable',
      "The guest's grub.cfg was written by hand, and has its default in itself. Nothing was changed.",
      {
        hint: 'Set GRUB_DEFAULT=saved in /etc/default/grub of the guest, run update-grub there, and try again.',
      },
    );
  }
  const menu = readMenu(await askRoot(access, draftMenuScript(saveDefault), failure));
  const entry = entryOf(menu, version);
  if (entry === undefined || !menu.takesSavedEntry) {
    throw new UtopiaError(
      'kernel-unsuitable',
      `The menu that update-grub makes in the guest has no entry for ${version} that can be the default.`,
      { hint: 'utopia ssh -- update-grub says what it finds.' },
    );
  }
  await askRoot(access, takeMenuScript({ saved_entry: nameOf(entry), ...remembered }), failure);
}
