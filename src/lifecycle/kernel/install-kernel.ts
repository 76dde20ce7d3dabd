import { Interruption } from '../../environment.ts';
import { UtopiaError } from '../../errors.ts';
import type { GuestAccess } from '../../guest/guest-access.ts';
import { listSnapshots } from '../../image/snapshots.ts';
import type { KernelBuild } from '../../kernel/build-store.ts';
import { entryOf, nameOf, trialEntry, trialId } from '../../kernel/grub-trial.ts';
import { isRelease, readMenu, type GuestKernels } from '../../kernel/guest-kernels.ts';
import {
  commitScript,
  forgetOneShotScript,
  placeScript,
  previousVariable,
  settleScript,
  undoScript,
} from '../../kernel/install-script.ts';
import { keepOutput } from '../../system/bounded-output.ts';
import { readRegularText } from '../../system/regular-file.ts';
import { outliveTerminal } from '../../system/signals.ts';
import { formatBytes } from '../../text/format.ts';
import type { ProgressDisplay } from '../../progress-events.ts';
import type { LifecycleContext } from '../context.ts';
import { saveRunning } from '../saved/save-snapshot.ts';
import type { ReachableGuest } from '../watch/guest-access.ts';
import {
  askRoot,
  findGuestKernels,
  refuseDirectBoot,
  refuseForeignGrub,
  refuseWithoutOneShot,
} from './guest-kernels.ts';
import { packKernel, type PackedKernel } from './pack-kernel.ts';
import { panicSeconds, tryKernel, type Trial } from './try-kernel.ts';
import { openDeadline } from '../../system/deadline.ts';

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
  const staying = stayThrough(context);
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

function refuseOwn({ running }: GuestKernels, version: string): void {
  if (!isRelease(version)) {
    throw new UtopiaError('kernel-unsuitable', `"${version}" cannot be a kernel's release.`, {
      hint: 'make kernelrelease in the tree prints it: letters, digits, . _ + ~ and - are allowed.',
    });
  }
  if (running !== version) return;
  throw new UtopiaError(
    'kernel-unsuitable',
    `The guest runs ${version} itself: its files are not overwritten.`,
    {
      hint: "Give the build a name of its own (CONFIG_LOCALVERSION='-2'), build it, and install that.",
    },
  );
}

async function agreeToReplace(
  { asker, signal }: LifecycleContext,
  { machine }: ReachableGuest,
  { installed }: GuestKernels,
  version: string,
  yes: boolean,
): Promise<void> {
  if (!installed.includes(version)) return;
  const question = `${machine.config.name} has ${version} already. Replace it?`;
  if (await asker.confirm(question, { assumeYes: yes, signal })) return;
  throw new UtopiaError('consent-needed', `${version} stays as it is. Nothing was changed.`, {
    hint: 'Build under another name (CONFIG_LOCALVERSION), and install that.',
  });
}

/** A kernel that takes none would get one all the same, and ignore it. */
async function wantsInitramfs({ programs }: GuestKernels, build: KernelBuild): Promise<boolean> {
  if (!programs.has('update-initramfs')) return false;
  return /^CONFIG_BLK_DEV_INITRD=y$/m.test(await readRegularText(build.config));
}

/** An initramfs without a kin to compare with: all modules of Debian's. */
const usualInitramfs = 64 * 1024 * 1024;
/** What a file system wants for itself, and the menu. */
const reserve = 16 * 1024 * 1024;

function refuseFullDisk(
  { freeBytes, initramfsBytes }: GuestKernels,
  { bytes }: PackedKernel,
  version: string,
): void {
  // A draft of the image lies with the modules until it is in its place.
  const boot = bytes.boot + (initramfsBytes || usualInitramfs) + reserve;
  const modules = bytes.modules + bytes.boot + reserve;
  const needs = freeBytes.same
    ? [{ where: '/', needed: boot + modules, free: freeBytes.boot }]
    : [
        { where: '/boot', needed: boot, free: freeBytes.boot },
        { where: '/lib/modules', needed: modules, free: freeBytes.modules },
      ];
  const short = needs.find(({ needed, free }) => free < needed);
  if (short === undefined) return;
  throw new UtopiaError(
    'disk-full',
    `Linux ${version} needs ${formatBytes(short.needed)} in ${short.where} of the guest; ${formatBytes(short.free)} are free. Nothing was changed.`,
    {
      hint: 'utopia kernel default lists what is installed; utopia kernel remove --guest VERSION makes room.',
    },
  );
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

const stepTexts: Readonly<Record<string, string>> = {
  files: 'the guest takes the files',
  modules: 'depmod',
  initramfs: 'update-initramfs',
  menu: 'update-grub',
};

/** Puts all in its place, the entry for one boot last. Undone when it is interrupted or fails. */
async function placeKernel(
  context: LifecycleContext,
  access: GuestAccess,
  packed: PackedKernel,
  place: Parameters<typeof placeScript>[0],
  old: string,
  display: ProgressDisplay,
): Promise<void> {
  const { version } = place;
  const startedAt = performance.now();
  const title = 'guest';
  display.report({ kind: 'started', title });
  const said = keepOutput(mostSaidBytes);
  const take = (chunk: Uint8Array): undefined => {
    said.take(chunk);
    const step = /^@step (\w+)$/m.exec(Buffer.from(chunk).toString('latin1'))?.[1] ?? '';
    const detail = stepTexts[step];
    if (detail !== undefined) display.report({ kind: 'moved', title, detail });
  };
  try {
    await askRoot(
      access,
      placeScript(place),
      `The guest did not take Linux ${version}. It is as it was before.`,
      { inputFile: packed.archive, take: { stdout: take } },
    );
    const menu = readMenu(said.kept().text);
    const [ours, theirs] = [trialEntry(menu.text, version, panicSeconds), entryOf(menu, old)];
    if (ours === undefined) throw menuUnfit(version, `has no entry of its own for ${version}`);
    if (theirs === undefined) throw menuUnfit(version, `has no entry of its own for ${old}`);
    if (!menu.takesSavedEntry) throw menuUnfit(version, 'does not heed saved_entry');
    if (!menu.heedsOneShot) throw menuUnfit(version, 'does not heed next_entry');
    await askRoot(
      access,
      commitScript({ saved_entry: nameOf(theirs) }, { next_entry: trialId(version) }),
      "grub's menu could not be written. The guest is as it was before.",
      { input: ours },
    );
  } catch (error) {
    await withinMs(undoMs, async (signal) => await putBack({ ...access, signal }));
    if (!context.signal.aborted) throw error;
    throw new UtopiaError(
      'interrupted',
      `Interrupted; nothing of Linux ${version} is left in the guest.`,
    );
  }
  const detail = `Linux ${version} is installed; ${old} stays the default`;
  display.report({ kind: 'finished', title, detail, elapsedMs: performance.now() - startedAt });
}

/** More than a menu and the steps to it are. */
const mostSaidBytes = 2 * 1024 * 1024;

/** For what runs in the guest to end, and to be taken away. */
const undoMs = 60_000;

async function putBack(access: GuestAccess): Promise<void> {
  await askRoot(access, undoScript, '').catch((error: unknown) => {
    throw new UtopiaError(
      'guest-refused',
      'What was put into the guest could not be taken away again; its old kernel is the default.',
      {
        hint: 'The next utopia kernel install tidies up first.',
        cause: error,
      },
    );
  });
}

function menuUnfit(version: string, why: string): UtopiaError {
  return new UtopiaError(
    'kernel-unsuitable',
    `The menu that update-grub makes in the guest ${why}: ${version} cannot be booted once. The guest is as it was before.`,
    { hint: 'utopia up --kernel boots a build without installing it.' },
  );
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

/** The rest of an install, which a terminal that closes does not end, and Ctrl-C does. */
function stayThrough(context: LifecycleContext): {
  readonly context: LifecycleContext;
  readonly end: () => void;
} {
  const stopOutliving = outliveTerminal(process);
  const first = withoutHangUp(context.signal);
  const second = withoutHangUp(context.urgentSignal);
  return {
    context: { ...context, signal: first.signal, urgentSignal: second.signal },
    end: () => {
      stopOutliving();
      first.end();
      second.end();
    },
  };
}

/** A signal that aborts with another one, but not where that is the terminal's hang-up. */
function withoutHangUp(source: AbortSignal): { readonly signal: AbortSignal; end(): void } {
  const own = new AbortController();
  const pass = (): void => {
    const { reason } = source;
    if (reason instanceof Interruption && reason.signalName === 'SIGHUP') return;
    own.abort(reason);
  };
  if (source.aborted) pass();
  else source.addEventListener('abort', pass, { once: true });
  return { signal: own.signal, end: () => source.removeEventListener('abort', pass) };
}

/** For a guest that still answers, to be told that it need not try. */
const forgetMs = 5_000;

/** Does something that Ctrl-C, which has come already, does not end. */
async function withinMs(ms: number, work: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const deadline = openDeadline(ms);
  try {
    await work(deadline.signal);
  } finally {
    deadline.stop();
  }
}

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
