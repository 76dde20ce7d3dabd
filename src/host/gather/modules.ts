import { findBlacklisted, findBlacklistedAtBoot, parseModules } from '../facts/modules.ts';
import type { ModuleFacts } from '../facts/machine-facts.ts';
import { moduleListFile } from '../fixes/commands.ts';
import type { HostSource } from '../source/host-source.ts';
import type { Ask } from './asking.ts';

/** KVM itself, the two that drive a processor, and the other hypervisors'. */
const kvmModules = ['kvm', 'kvm_intel', 'kvm_amd'] as const;
const watchedModules = [...kvmModules, 'kvm_pvm', 'vboxdrv', 'vmmon'] as const;

/** Where modprobe reads its settings; a file in an earlier folder hides its namesakes in later ones. */
const settingFolders = [
  '/etc/modprobe.d',
  '/run/modprobe.d',
  '/usr/local/lib/modprobe.d',
  '/usr/lib/modprobe.d',
  '/lib/modprobe.d',
];

/** Where systemd-sysctl reads settings (sysctl.d(5)). */
const sysctlFolders = ['/etc/sysctl.d', '/run/sysctl.d', '/usr/lib/sysctl.d'];
const lockdownFile = '/sys/kernel/security/lockdown';

/** What is loaded, blacklisted, and there to be loaded. `kernel` is `uname -r`. */
export async function gatherModules(
  source: HostSource,
  kernel: string | undefined,
  ask: Ask,
): Promise<ModuleFacts> {
  const [table, inSys, commandLine] = await Promise.all([
    ask('/proc/modules', async () => await source.readText('/proc/modules')),
    ask('/sys/module', async () => await source.list('/sys/module')),
    ask('/proc/cmdline', async () => await source.readText('/proc/cmdline')),
  ]);
  const inTable = parseModules(table ?? '');
  // Modules that are built in are in no table, but show in /sys/module.
  const loaded = watchedModules.filter(
    (name) => inTable.has(name) || inSys?.includes(name) === true,
  );
  const trees = await findTrees(source, ask);
  return {
    loaded: new Set(loaded),
    removable: inTable,
    listFileExists:
      (await ask(moduleListFile, async () => await source.stat(moduleListFile))) !== undefined,
    known: table !== undefined || (inSys?.length ?? 0) > 0,
    blacklisted: [
      ...(await findSettings(source, ask)),
      ...findBlacklistedAtBoot(commandLine ?? '', kvmModules),
    ],
    takesModules: table !== undefined ? true : (inSys?.length ?? 0) > 0 ? false : undefined,
    treeFound: kernel === undefined ? undefined : trees.includes(kernel),
    trees,
    loadingDisabled: await findLoadingDisabled(source, ask),
    lockdown: readLockdown(
      await ask(lockdownFile, async () => await source.readText(lockdownFile)),
    ),
  };
}

/** In use stands the word in brackets: `none [integrity] confidentiality` (kernel_lockdown(7)). */
function readLockdown(text: string | undefined): string | undefined {
  const state = /\[(\w+)\]/.exec(text ?? '')?.[1];
  return state === 'none' ? undefined : state;
}

/** Once 1, it stays so until the next boot (sysctl kernel.modules_disabled). */
async function findLoadingDisabled(
  source: HostSource,
  ask: Ask,
): Promise<ModuleFacts['loadingDisabled']> {
  const path = '/proc/sys/kernel/modules_disabled';
  const value = await ask(path, async () => await source.readText(path));
  if (value?.trim() !== '1') return undefined;
  const files = ['/etc/sysctl.conf'];
  for (const folder of sysctlFolders) {
    const names = (await ask(folder, async () => await source.list(folder))) ?? [];
    files.push(
      ...names.filter((name) => name.endsWith('.conf')).map((name) => `${folder}/${name}`),
    );
  }
  for (const file of files) {
    const lines = ((await ask(file, async () => await source.readText(file))) ?? '').split('\n');
    const index = lines.findIndex((line) => /^\s*-?kernel[./]modules_disabled\s*=\s*1/.test(line));
    if (index >= 0) return { setBy: `${file}:${index + 1}` };
  }
  return { setBy: undefined };
}

async function findTrees(source: HostSource, ask: Ask): Promise<string[]> {
  const found = await Promise.all(
    ['/lib/modules', '/usr/lib/modules'].map(
      async (folder) => (await ask(folder, async () => await source.list(folder))) ?? [],
    ),
  );
  return [...new Set(found.flat())];
}

async function findSettings(source: HostSource, ask: Ask): Promise<ModuleFacts['blacklisted']> {
  const seen = new Set<string>();
  const lines: ModuleFacts['blacklisted'][number][] = [];
  for (const folder of settingFolders) {
    const names = (await ask(folder, async () => await source.list(folder))) ?? [];
    for (const name of names.filter((each) => each.endsWith('.conf') && !seen.has(each))) {
      seen.add(name);
      const path = `${folder}/${name}`;
      const text = await ask(path, async () => await source.readText(path));
      lines.push(...findBlacklisted(path, text ?? '', kvmModules));
    }
  }
  return lines;
}
