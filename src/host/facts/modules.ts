/** A place that keeps a module from being loaded. */
export interface BlacklistLine {
  readonly module: string;
  readonly path: string;
  /** Counted from 1; undefined on the kernel's command line. */
  readonly line: number | undefined;
  readonly text: string;
}

/** Names in /proc/modules, exactly: `kvm_intel` is not `kvm`. */
export function parseModules(text: string): Set<string> {
  const names = text.split('\n').map((line) => line.split(/\s/)[0] ?? '');
  return new Set(names.filter((name) => name !== ''));
}

/** The kernel takes `-` and `_` in module names as the same. */
function moduleName(word: string): string {
  return word.replaceAll('-', '_');
}

/**
 * Lines of a modprobe.d file that switch off one of `modules`: `blacklist NAME`, an
 * `alias NAME off`, or an `install NAME` that runs /bin/true or /bin/false instead
 * (modprobe.d(5)).
 */
export function findBlacklisted(
  path: string,
  text: string,
  modules: readonly string[],
): BlacklistLine[] {
  return text.split('\n').flatMap((raw, index) => {
    const [verb, word = '', target = ''] = raw.trim().split(/\s+/);
    const module = moduleName(word);
    const off =
      verb === 'blacklist' ||
      (verb === 'alias' && target === 'off') ||
      (verb === 'install' && /^(\/usr)?(\/bin\/)?(true|false)$/.test(target));
    return off && modules.includes(module)
      ? [{ module, path, line: index + 1, text: raw.trim() }]
      : [];
  });
}

/** The same on the kernel's command line: modprobe.blacklist= and module_blacklist=. */
export function findBlacklistedAtBoot(
  commandLine: string,
  modules: readonly string[],
): BlacklistLine[] {
  return commandLine.split(/\s+/).flatMap((word) => {
    const list = /^(?:modprobe\.blacklist|module_blacklist)=(.*)$/.exec(word)?.[1];
    return (list ?? '')
      .split(',')
      .map(moduleName)
      .filter((module) => modules.includes(module))
      .map((module) => ({ module, path: '/proc/cmdline', line: undefined, text: word }));
  });
}
