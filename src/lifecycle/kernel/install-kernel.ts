import { UtopiaError } from '../../errors.ts';
import { listSnapshots } from '../../image/snapshots.ts';
import type { KernelBuild } from '../../kernel/build-store.ts';
import { entryOf, nameOf } from '../../kernel/grub-trial.ts';
import type { GuestKernels } from '../../kernel/guest-kernels.ts';
import {
  forgetOneShotScript,
  previousVariable,
  settleScript,
} from '../../kernel/install-script.ts';
import { formatBytes } from '../../text/format.ts';
import type { ProgressDisplay } from '../../progress-events.ts';
import type { LifecycleContext } from '../lifecycle-context.ts';
import { saveRunning } from '../saved/save-snapshot.ts';
import type { ReachableGuest } from '../watch/find-guest.ts';
import {
  askRoot,
  findGuestKernels,
  refuseDirectBoot,
  refuseForeignGrub,
  refuseWithoutOneShot,
} from './find-guest-kernels.ts';
import { outliveHangUp } from './outlive-hang-up.ts';
import { packKernel } from './pack-kernel.ts';
import { placeKernel } from './place-in-guest.ts';
import { agreeToReplace, refuseFullDisk, refuseOwn, wantsInitramfs } from './refuse-install.ts';
import { tryKernel, type Trial } from './try-kernel.ts';
import { withinMs } from './within-ms.ts';

export interface InstallWish {
  /** Replace a version that the guest has already. */
  readonly yes: boolean;
  readonly snapshot: boolean;
  readonly timeoutMs: number;
  readonly stallMs: number;
}

/** A kernel that is in the guest, and what came of its first boot. */
export interface InstalledKernel {
  readonly version: string;
  /** The kernel that ran before. */
  readonly previous: string;
  /** Name of the snapshot from before; undefined where none was wanted. */
  readonly snapshot: string | undefined;
  readonly trial: Trial;
}

/**
 * Installs a build into a guest that runs: a snapshot, the files, an entry of grub's menu that is
 * booted once; makes it the default when it has reached SSH, else the guest is back on the kernel that
 * ran. Until the reboot whatever goes wrong leaves the guest as it was.
 */
export async function installKernel(
  context: LifecycleContext,
  guest: ReachableGuest,
  build: KernelBuild,
  wish: InstallWish,
  display: ProgressDisplay,
): Promise<InstalledKernel> {
  const { access, running, machine } = guest;
  const { version } = build;
  refuseDirectBoot(running);
  const kernels = await findGuestKernels(access);
  refuseForeignGrub(kernels);
  refuseWithoutOneShot(kernels);
  refuseOwn(kernels, version);
  await agreeToReplace(context, guest, kernels, version, wish.yes);
  const initramfs = await wantsInitramfs(kernels, build);
  display.report({ kind: 'started', title: 'pack' });
  await using packed = await packKernel(context, build);
  refuseFullDisk(kernels, packed, version);
  const size = packed.bytes.boot + packed.bytes.modules;
  display.report({ kind: 'finished', title: 'pack', detail: formatBytes(size) });
  const snapshot = wish.snapshot ? await saveBefore(context, guest, version, display) : undefined;
  const saveDefault = kernels.wantedDefault !== 'saved';
  const place = { version, initramfs, saveDefault };
  await placeKernel(context, access, packed, place, kernels.running, display);
  // From here on the terminal may close: the guest must not be left with a kernel that hangs.
  const staying = outliveHangUp(context);
  try {
    const options = { version, display, timeoutMs: wish.timeoutMs, stallMs: wish.stallMs };
    const trial = await tryKernel(staying.context, machine, running, options).catch(
      async (error: unknown) => {
        throw await explainInterruption(staying.context, guest, error, { version, kernels });
      },
    );
    await settle(trial, version, kernels.running);
    return { version, previous: kernels.running, snapshot, trial };
  } finally {
    staying.end();
  }
}

async function saveBefore(
  context: LifecycleContext,
  { machine }: ReachableGuest,
  version: string,
  display: ProgressDisplay,
): Promise<string> {
  const taken = new Set((await listSnapshots(machine.config.privateFile)).map(({ name }) => name));
  const stem = `before-${version.replaceAll(/[^\w.-]/g, '-')}`.slice(0, 58);
  let name = stem;
  for (let count = 2; taken.has(name); count += 1) name = `${stem}-${count}`;
  const text = `before utopia kernel install of ${version}`;
  await saveRunning(context, machine, { name, text, replace: false }, display);
  display.report({
    kind: 'finished',
    title: 'snapshot',
    detail: `${name}  (back: utopia down, then utopia snapshot restore ${name})`,
  });
  return name;
}

/** After the boot: no entry for one boot any more, and the new default. */
async function settle(trial: Trial, version: string, previous: string): Promise<void> {
  const booted = trial.kind === 'booted';
  const { access } = trial;
  const entry = booted ? entryOf((await findGuestKernels(access)).menu, version) : undefined;
  const variables =
    entry === undefined ? {} : { saved_entry: nameOf(entry), [previousVariable]: previous };
  await askRoot(
    access,
    settleScript(variables, booted),
    booted
      ? `Linux ${version} has booted, and could not be made the default.`
      : 'The entry for one boot could not be taken off the menu.',
  );
}

/** For a guest that still answers, to be told that it need not try. */
const forgetMs = 5_000;

/** What an end by Ctrl-C leaves: the machine boots, with one kernel or the other. */
async function explainInterruption(
  context: LifecycleContext,
  { access, machine }: ReachableGuest,
  error: unknown,
  { version, kernels }: { readonly version: string; readonly kernels: GuestKernels },
): Promise<unknown> {
  const interrupted = error instanceof UtopiaError && error.code === 'interrupted';
  if (!context.signal.aborted && !interrupted) return error;
  // Where the guest has not gone down yet, it need not try it at all.
  await withinMs(forgetMs, async (signal) => {
    await askRoot({ ...access, signal }, forgetOneShotScript, '').catch(() => {});
  });
  return new UtopiaError(
    'interrupted',
    `Not waiting any longer: Linux ${version} is installed in ${machine.config.name} and is tried once.`,
    {
      details: [`Whatever comes of it, the next boot is ${kernels.running} again.`],
      hint: `utopia status tells when it is up; utopia kernel default ${version} keeps it; utopia reboot --force leaves one that hangs.`,
    },
  );
}
