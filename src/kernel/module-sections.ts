/** Where a guest has loaded a module's sections. */
export interface LoadedModule {
  readonly name: string;
  /** By the section's name (`.text`, `.data` …), as hexadecimal with 0x. */
  readonly sections: ReadonlyMap<string, string>;
}

/** A module's file with debug information, at its addresses. */
export interface ModuleSymbols extends LoadedModule {
  /** Absolute. */
  readonly file: string;
}

/** The sections that symbols lie in. */
const sections = ['.text', '.data', '.bss', '.rodata', '.init.text', '.exit.text'] as const;
/** A distribution's kernel loads a hundred. */
const mostModules = 500;

/** Shell text that prints where modules lie, for root. */
export const sectionsCommand = `cd /sys/module && grep -H "" ${sections
  .map((each) => `*/sections/${each}`)
  .join(' ')} 2>/dev/null`;

/**
 * Reads what `sectionsCommand` has printed: the modules whose code lies anywhere. Addresses are
 * zero for whom kptr_restrict hides them from. Pure.
 */
export function readLoadedModules(text: string): readonly LoadedModule[] {
  const found = new Map<string, Map<string, string>>();
  for (const line of text.split('\n')) {
    const match = /^(\w{1,64})\/sections\/(\.[a-z.]{1,20}):(0x[\da-f]{1,16})$/.exec(line);
    if (match === null) continue;
    const [, name = '', section = '', address = ''] = match;
    if (/^0x0+$/.test(address) || (!found.has(name) && found.size >= mostModules)) continue;
    const its = found.get(name) ?? new Map<string, string>();
    its.set(section, address);
    found.set(name, its);
  }
  return [...found]
    .filter(([, its]) => its.has('.text'))
    .map(([name, its]) => ({ name, sections: its }));
}

/** The commands that give gdb a module's symbols at its addresses; it would ask for each. Pure. */
export function addModuleSymbols(modules: readonly ModuleSymbols[]): readonly string[] {
  if (modules.length === 0) return [];
  const adds = modules.map(({ file, sections: its }) => {
    const others = [...its]
      .filter(([section]) => section !== '.text')
      .flatMap(([section, address]) => ['-s', section, address]);
    return ['add-symbol-file', quoteForGdb(file), its.get('.text') ?? '', ...others].join(' ');
  });
  return ['set confirm off', ...adds, 'set confirm on'];
}

/** gdb parts arguments as a shell does (gdb_buildargv). */
function quoteForGdb(path: string): string {
  return /^[\w./+,:@-]+$/.test(path) ? path : `"${path.replaceAll(/["\\]/g, String.raw`\$&`)}"`;
}
