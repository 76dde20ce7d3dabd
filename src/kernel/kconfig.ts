/** One place where Kconfig defines an option; several places add up. */
export interface KconfigEntry {
  readonly option: string;
  /** All of these must hold: its own `depends on`, and those of the menus and `if`s around it. */
  readonly depends: readonly string[];
  /** Whether it can be chosen: undefined for an option without a prompt, which others select. */
  readonly prompt: string | undefined;
  /** What the prompt asks for besides (`bool "…" if EXPERT`). */
  readonly promptIf: string | undefined;
  /** Titles of the menus that it lies in, and its own. */
  readonly menu: readonly string[];
  /** It is built in or not, never a module (`bool`). */
  readonly isBool: boolean;
}

/** What a file of Kconfig holds: entries, and other files with what stands around them. */
export interface KconfigFile {
  readonly entries: readonly KconfigEntry[];
  readonly sources: readonly KconfigSource[];
}

export interface KconfigSource {
  /** As written, relative to the tree's top. */
  readonly path: string;
  readonly depends: readonly string[];
  readonly menu: readonly string[];
}

interface Around {
  readonly kind: 'if' | 'menu' | 'choice';
  depends: string[];
  readonly title: string | undefined;
}

interface Open {
  readonly option: string;
  readonly depends: string[];
  prompt: string | undefined;
  promptIf: string | undefined;
  isBool: boolean;
}

/**
 * Reads one file of Kconfig, without expanding what it sources. `around` is what stands around it
 * where it is sourced. Pure, in linear time; what it does not know it passes over.
 */
export function parseKconfig(
  text: string,
  around: { readonly depends: readonly string[]; readonly menu: readonly string[] } = {
    depends: [],
    menu: [],
  },
): KconfigFile {
  const entries: KconfigEntry[] = [];
  const sources: KconfigSource[] = [];
  const stack: Around[] = [];
  let open: Open | undefined;
  /** Where a `depends on` belongs when no option is open: the menu or choice just begun. */
  let begun: Around | undefined;
  let helpIndent: number | undefined;
  let inHelp = false;

  const depends = (): string[] => [...around.depends, ...stack.flatMap((each) => each.depends)];
  const menu = (): string[] => [
    ...around.menu,
    ...stack.flatMap(({ title }) => (title === undefined ? [] : [title])),
  ];
  const close = (): void => {
    if (open !== undefined) {
      const { option, prompt, promptIf } = open;
      const titles = prompt === undefined ? menu() : [...menu(), prompt];
      entries.push({
        option,
        prompt,
        promptIf,
        depends: [...depends(), ...open.depends],
        menu: titles,
        isBool: open.isBool,
      });
    }
    open = undefined;
    begun = undefined;
  };

  for (const line of joinContinued(text)) {
    if (inHelp) {
      const indent = indentOf(line);
      if (indent === undefined) continue;
      helpIndent ??= indent;
      if (indent >= helpIndent && indent > 0) continue;
      inHelp = false;
    }
    const word = /^\s*(\S+)/.exec(line)?.[1] ?? '';
    const rest = line.trim().slice(word.length).trim();
    switch (word) {
      case 'config':
      case 'menuconfig':
        close();
        open = {
          ...{ option: rest, depends: [], isBool: false },
          ...{ prompt: undefined, promptIf: undefined },
        };
        break;
      case 'help':
      case '---help---':
        inHelp = true;
        helpIndent = undefined;
        break;
      case 'depends':
        (open ?? begun)?.depends.push(rest.replace(/^on\s+/, ''));
        break;
      case 'bool':
      case 'tristate':
      case 'string':
      case 'hex':
      case 'int':
      case 'prompt':
      case 'def_bool':
      case 'def_tristate':
        if (open === undefined) break;
        if (word.endsWith('bool')) open.isBool = true;
        if (!word.startsWith('def_')) setPrompt(open, rest);
        break;
      case 'menu':
      case 'if':
      case 'choice':
        close();
        begun = {
          kind: word,
          depends: word === 'if' ? [rest] : [],
          title: word === 'menu' ? unquote(rest) : undefined,
        };
        stack.push(begun);
        if (word === 'if') begun = undefined;
        break;
      case 'endmenu':
      case 'endif':
      case 'endchoice':
        close();
        stack.pop();
        break;
      case 'comment':
      case 'mainmenu':
        close();
        break;
      case 'source':
      case 'osource':
      case 'rsource':
        close();
        sources.push({ path: unquote(rest), depends: depends(), menu: menu() });
        break;
      default:
    }
  }
  close();
  return { entries, sources };
}

function setPrompt(open: Open, rest: string): void {
  const [, prompt, condition] = /^(?:"([^"]*)"|'[^']*')(?:\s+if\s+(.*))?$/.exec(rest) ?? [];
  if (prompt === undefined) return;
  open.prompt = prompt;
  open.promptIf = condition?.replace(/\s#.*$/, '');
}

/** A backslash at the end joins the next line; a comment goes. */
function joinContinued(text: string): string[] {
  const lines: string[] = [];
  let kept = '';
  for (const line of text.split('\n')) {
    if (line.endsWith('\\')) {
      kept += `${line.slice(0, -1)} `;
      continue;
    }
    lines.push(kept + line);
    kept = '';
  }
  return kept === '' ? lines : [...lines, kept];
}

/** Columns before the first character, tabs to the next eighth; undefined for an empty line. */
function indentOf(line: string): number | undefined {
  let columns = 0;
  for (const character of line) {
    if (character === ' ') columns += 1;
    else if (character === '\t') columns += 8 - (columns % 8);
    else return columns;
  }
  return undefined;
}

function unquote(text: string): string {
  return /^"([^"]*)"/.exec(text)?.[1] ?? text.replace(/\s.*$/, '');
}
