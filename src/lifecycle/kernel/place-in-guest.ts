import { UtopiaError } from '../../errors.ts';
import type { GuestAccess } from '../../guest/guest-access.ts';
import { entryOf, nameOf, trialEntry, trialId } from '../../kernel/grub-trial.ts';
import { readMenu } from '../../kernel/guest-kernels.ts';
import { commitScript, placeScript, undoScript } from '../../kernel/install-script.ts';
import type { ProgressDisplay } from '../../progress-events.ts';
import { keepOutput } from '../../system/bounded-output.ts';
import type { LifecycleContext } from '../lifecycle-context.ts';
import { askRoot } from './find-guest-kernels.ts';
import type { PackedKernel } from './pack-kernel.ts';
import { panicSeconds } from './try-kernel.ts';
import { withinMs } from './within-ms.ts';

const stepTexts: Readonly<Record<string, string>> = {
  files: 'the guest takes the files',
  modules: 'depmod',
  initramfs: 'update-initramfs',
  menu: 'update-grub',
};

/** Puts all in its place, the entry for one boot last. Undone when it is interrupted or fails. */
export async function placeKernel(
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
