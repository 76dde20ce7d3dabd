/** A place that keeps a module from being loaded. */
export interface BlacklistLine {
  readonly module: string;
  readonly path: string;
  /** Counted from 1; undefined on the kernel's command line. */
  readonly line: number | undefined;
  readonly text: string;
  /** On the kernel's command line: the word of the list, and the parameter without it; empty where nothing is left. */
  readonly listed?: { readonly name: string; readonly rest: string };
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
 * `alias NAME off`, or an `install NAME` that runs something else instead, most often
 * /bin/false (modprobe.d(5)).
 */
export function findBlacklisted(
  path: string,
  text: string,
  modules: readonly string[],
): BlacklistLine[] {
  return text.split('\n').flatMap((raw, index) => {
    const [verb, word = '', ...rest] = raw.trim().split(/\s+/);
    const module = moduleName(word);
    const off =
      verb === 'blacklist' ||
      (verb === 'alias' && rest[0] === 'off') ||
      (verb === 'install' && !rest.some((each) => /(modprobe|insmod)$/.test(each)));
    return off && modules.includes(module)
      ? [{ module, path, line: index + 1, text: raw.trim() }]
      : [];
  });
}

/** Functions that a module starts with, by their names in the kernel (arch/x86/kvm, virt/kvm). */
const initcalls: Readonly<Record<string, string>> = {
  kvm_init: 'kvm',
  kvm_x86_init: 'kvm',
  vmx_init: 'kvm_intel',
  vt_init: 'kvm_intel',
  svm_init: 'kvm_amd',
};

/**
 * The same on the kernel's command line (kernel-parameters.txt): modprobe.blacklist= keeps
 * udev from loading a module, module_blacklist= everybody, and initcall_blacklist= keeps
 * it from starting.
 */
export function findBlacklistedAtBoot(
  commandLine: string,
  modules: readonly string[],
): BlacklistLine[] {
  return commandLine.split(/\s+/).flatMap((word) => {
    const [, key = '', list = ''] = /^([^=]+)=(.*)$/.exec(word) ?? [];
    const parameter = moduleName(key);
    if (!/^(modprobe\.|module_|initcall_)blacklist$/.test(parameter)) return [];
    const names = list.replaceAll('"', '').split(',');
    const isOurs = (name: string): string | undefined => {
      const module = parameter === 'initcall_blacklist' ? initcalls[name] : moduleName(name);
      return module !== undefined && modules.includes(module) ? module : undefined;
    };
    const others = names.filter((name) => isOurs(name) === undefined).join(',');
    const rest = others === '' ? '' : `${key}=${others}`;
    return names.flatMap((name): BlacklistLine[] => {
      const module = isOurs(name);
      if (module === undefined) return [];
      const listed = { name, rest };
      return [{ module, path: '/proc/cmdline', line: undefined, text: word, listed }];
    });
  });
}
