/** An entry of grub's menu that starts Linux. */
export interface GrubEntry {
  readonly title: string;
  /** Of --id or $menuentry_id_option; undefined without. */
  readonly id: string | undefined;
  /** As grub counts them: `0`, or `1>2` in a submenu. */
  readonly number: string;
  /** By title, or id where there is one: `Advanced options>Linux 6.1`. */
  readonly names: readonly string[];
  /** Path of the kernel in grub's own file system: a /boot of its own has `/vmlinuz-…`. */
  readonly kernel: string;
  /** What stands behind `vmlinuz-` in it; undefined for another name. */
  readonly version: string | undefined;
  /** Paths of the initramfs, of early ones too. */
  readonly initrds: readonly string[];
  /** The kernel's arguments, as one line; words with variables of grub's are left out. */
  readonly append: string;
  /** Made for repairs: single-user mode. */
  readonly isRecovery: boolean;
}

/** What a grub.cfg says that is of interest without running it. */
export interface GrubConfig {
  readonly entries: readonly GrubEntry[];
  /** The entry that boots when nobody chooses; undefined where there is none. */
  readonly usual: GrubEntry | undefined;
  /** It takes an entry for one boot alone (grub-reboot). */
  readonly takesNextEntry: boolean;
  /** Its usual entry is the one that grub-set-default names. */
  readonly takesSavedEntry: boolean;
}

/** A menu of the course's image has a kilobyte, one of a host with fifty kernels a hundred. */
export const mostConfigBytes = 1024 ** 2;
const mostEntries = 1_000;
const mostDepth = 8;

/**
 * Reads grub.cfg, as grub-mkconfig or a person has written it; `environment` is the text of
 * grubenv, which names the saved entry. Scripts in it are not run: what stands in the branches of
 * an `if` counts as if it stood there. Pure.
 */
export function readGrubConfig(text: string, environment = ''): GrubConfig {
  const statements = text
    .slice(0, mostConfigBytes)
    .split('\n')
    .flatMap((line) => splitStatements(line));
  const entries = readEntries(statements);
  const saved = /^saved_entry=(.+)$/m.exec(environment)?.[1] ?? '';
  const defaults = statements.flatMap(([command, word = '']) =>
    command === 'set' && word.startsWith('default=') ? [word.slice('default='.length)] : [],
  );
  const takesSavedEntry = defaults.some((value) => isVariable(value, 'saved_entry'));
  // The last one that is not of one boot alone; grub-mkconfig writes the plain one only where none is saved.
  const plain = defaults.findLast((value) => !value.includes('$') && value !== '');
  const wanted = takesSavedEntry && saved !== '' ? saved : plain;
  return {
    entries,
    usual: chooseEntry(entries, wanted ?? '0') ?? entries[0],
    takesNextEntry: defaults.some((value) => isVariable(value, 'next_entry')),
    takesSavedEntry,
  };
}

function isVariable(value: string, name: string): boolean {
  return value === `$${name}` || value === `\${${name}}`;
}

/** The entry that grub would take for this name; of a submenu its first one. Pure. */
export function chooseEntry(entries: readonly GrubEntry[], name: string): GrubEntry | undefined {
  return (
    entries.find((entry) => entry.number === name || entry.names.includes(name)) ??
    entries.find((entry) => entry.number.startsWith(`${name}>`)) ??
    entries.find((entry) => entry.names.some((each) => each.startsWith(`${name}>`)))
  );
}

interface OpenMenu {
  readonly kind: 'submenu' | 'entry' | 'block';
  readonly title: string;
  readonly id: string | undefined;
  readonly number: string;
  /** Entries and submenus in it so far. */
  count: number;
  kernel?: { readonly path: string; readonly words: readonly string[] };
  initrds: readonly string[];
}

function readEntries(statements: readonly (readonly string[])[]): GrubEntry[] {
  const entries: GrubEntry[] = [];
  const root: OpenMenu = openMenu('submenu', '', undefined, '');
  const open: OpenMenu[] = [root];
  for (const words of statements) {
    if (entries.length >= mostEntries) break;
    const [command = ''] = words;
    const inner = open.at(-1) ?? root;
    if (command === 'menuentry' || command === 'submenu') {
      const menu = open.findLast(({ kind }) => kind === 'submenu') ?? root;
      const number = menu === root ? `${menu.count}` : `${menu.number}>${menu.count}`;
      menu.count += 1;
      const kind = command === 'submenu' ? 'submenu' : 'entry';
      if (open.length <= mostDepth) {
        open.push(openMenu(kind, words[1] ?? '', idOf(words), number));
      }
      continue;
    }
    if (/^(?:linux|linux16|linuxefi)$/.test(command) && words[1] !== undefined) {
      inner.kernel = { path: words[1], words: words.slice(2) };
    } else if (/^(?:initrd|initrd16|initrdefi)$/.test(command)) {
      inner.initrds = words.slice(1);
    } else if (words.at(-1) === '{') {
      open.push(openMenu('block', '', undefined, inner.number));
    } else if (command === '}' && open.length > 1) {
      const closed = open.pop();
      if (closed?.kind === 'entry') entries.push(...entryOf(closed, open));
    }
  }
  return entries;
}

function openMenu(
  kind: OpenMenu['kind'],
  title: string,
  id: string | undefined,
  number: string,
): OpenMenu {
  return { kind, title, id, number, count: 0, initrds: [] };
}

function entryOf(
  { title, id, number, kernel, initrds }: OpenMenu,
  above: readonly OpenMenu[],
): GrubEntry[] {
  if (kernel === undefined) return [];
  const menus = above.filter((each) => each.kind === 'submenu').slice(1);
  const own = [title, ...(id === undefined ? [] : [id])];
  const names = menus.reduceRight<readonly string[]>(
    (inner, menu) =>
      inner.flatMap((name) => [
        `${menu.title}>${name}`,
        ...(menu.id === undefined ? [] : [`${menu.id}>${name}`]),
      ]),
    own,
  );
  const words = kernel.words.filter((word) => !word.includes('$'));
  return [
    {
      ...{ title, id, number, names, initrds },
      kernel: kernel.path,
      version: versionOf(kernel.path),
      append: words.join(' '),
      isRecovery: words.some((word) => /^(?:single|recovery|emergency|1|s|S)$/.test(word)),
    },
  ];
}

/** `6.1.0-38-amd64` of `/boot/vmlinuz-6.1.0-38-amd64`; undefined for another name. Pure. */
export function versionOf(path: string): string | undefined {
  return /(?:^|\/)vmlinuz-([^/]+)$/.exec(path)?.[1];
}

/** grub-mkconfig writes `$menuentry_id_option 'ID'`; a person may write `--id ID`. */
function idOf(words: readonly string[]): string | undefined {
  const at = words.findIndex((word) =>
    ['--id', '$menuentry_id_option', '${menuentry_id_option}'].includes(word),
  );
  const given = words.find((word) => word.startsWith('--id='));
  return at === -1 ? given?.slice('--id='.length) : words[at + 1];
}

/** The words of each statement, as grub's shell splits a line: blanks, quotes, `;`, a comment at the end. */
function splitStatements(line: string): string[][] {
  const statements: string[][] = [[]];
  const piece = /\s+|#.*|;|(?:'[^']*'|"(?:[^"\\]|\\.)*"|\\.|[^\s'"\\;])+/gy;
  for (let match = piece.exec(line); match !== null; match = piece.exec(line)) {
    const [text] = match;
    if (text.startsWith('#')) break;
    if (text === ';') statements.push([]);
    else if (text.trim() !== '') statements.at(-1)?.push(unquote(text));
  }
  return statements.filter((words) => words.length > 0);
}

function unquote(text: string): string {
  return text.replaceAll(
    /'([^']*)'|"((?:[^"\\]|\\.)*)"|\\(.)/g,
    (_all, single?: string, double?: string, escaped?: string) =>
      single ?? double?.replaceAll(/\\(["\\$])/g, '$1') ?? escaped ?? '',
  );
}
