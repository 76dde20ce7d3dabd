import { basename } from 'node:path';
import { readElf } from '../../crash/elf.ts';
import { fileNames, newestFirst, searchObjects } from '../../crash/find-objects.ts';
import { UtopiaError } from '../../errors.ts';
import { runInGuest } from '../../guest/ssh.ts';
import type { RunningMachine } from '../../machine/state.ts';
import {
  readLoadedModules,
  sectionsCommand,
  type ModuleSymbols,
} from '../../kernel/module-sections.ts';
import type { LifecycleContext } from '../context.ts';
import type { LocatedMachine } from '../launch/locate.ts';
import { guestAccess } from '../watch/guest-access.ts';
import { refuseStoppedGuest } from '../watch/stopped-guest.ts';

/** A login under emulation, and one program. */
const askMs = 30_000;

/**
 * The modules that the guest has loaded and that lie in one of these folders with debug
 * information, newest first where a name is there twice. Throws where the guest does not tell.
 */
export async function findModuleSymbols(
  context: LifecycleContext,
  located: LocatedMachine,
  running: RunningMachine,
  folders: readonly string[],
): Promise<readonly ModuleSymbols[]> {
  // A guest that boots lets nobody in, and has few modules.
  if (running.state?.readyAt === undefined) {
    throw new UtopiaError('ssh-unavailable', 'The guest has not answered yet.');
  }
  await refuseStoppedGuest(context, located, running);
  const access = await guestAccess(context, located, running, 'root');
  const { stdout } = await runInGuest(access, sectionsCommand, { timeoutMs: askMs });
  const loaded = readLoadedModules(stdout);
  const names = new Set(loaded.flatMap(({ name }) => fileNames(name)));
  const files = (
    await Promise.all([...new Set(folders)].map((folder) => searchObjects(folder, names)))
  ).flat();
  const found: ModuleSymbols[] = [];
  for (const module of loaded) {
    const own = files.filter((file) => fileNames(module.name).includes(basename(file)));
    const file = await firstWithLines(await newestFirst(own));
    if (file !== undefined) found.push({ ...module, file });
  }
  return found;
}

async function firstWithLines(files: readonly string[]): Promise<string | undefined> {
  for (const file of files) {
    const object = await readElf(file);
    if (object?.relocatable === true && object.hasLines) return file;
  }
  return undefined;
}
