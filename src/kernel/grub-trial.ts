import { versionOf, type GrubConfig, type GrubEntry } from './boot-menu.ts';

/** Around the entry that we add for one boot. */
export const trialMarks = ['### utopia: tried once', '### utopia: end'] as const;

/** More than any grub.cfg has; what lies behind is not read. */
const mostLines = 20_000;

/**
 * Whether a grub.cfg boots `next_entry` once, and forgets it before it does: one that only boots it
 * would do so for ever. Pure.
 */
export function heedsOneShot(text: string, { takesNextEntry }: GrubConfig): boolean {
  const code = text
    .split('\n', mostLines)
    .filter((line) => !/^\s*#/.test(line))
    .join('\n');
  return (
    takesNextEntry && /\bload_env\b/.test(code) && /^\s*save_env\s[^\n#]*\bnext_entry\b/m.test(code)
  );
}

/**
 * The entry that boots a version and goes on doing so when another is installed: not the first
 * of Debian's menu, which has the newest, whatever that is. Pure.
 */
export function entryOf({ entries }: GrubConfig, version: string): GrubEntry | undefined {
  const own = entries.filter((entry) => entry.version === version && !entry.isRecovery);
  return own.find(({ id }) => id?.includes(`-${version}-`) === true) ?? own.at(-1);
}

/** What `saved_entry` and `next_entry` name an entry by: ids where there are some, of its submenus too. Pure. */
export function nameOf({ names, number }: GrubEntry): string {
  return names.at(-1) ?? number;
}

/** The id of the entry by which a version is tried. */
export function trialId(version: string): string {
  return `utopia-try-${version}`;
}

/**
 * Text of an entry that boots as the menu's own for that version does, and whose kernel reboots by
 * itself so many seconds after a panic; undefined where the menu has none. Pure.
 */
export function trialEntry(
  menu: string,
  version: string,
  panicSeconds: number,
): string | undefined {
  const own = findBody(menu, version);
  if (own === undefined) return undefined;
  const body = own.map((line) => {
    if (!linuxLine.test(line)) return line;
    // What stands behind `--` is for init.
    const [, before = line, rest = ''] = /^(.*?)(\s--(?:\s.*)?)?$/.exec(line) ?? [];
    return `${before.trimEnd()} panic=${panicSeconds}${rest}`;
  });
  return [
    trialMarks[0],
    `menuentry 'Linux ${version}, once (utopia kernel install)' --id '${trialId(version)}' {`,
    ...body,
    '}',
    trialMarks[1],
    '',
  ].join('\n');
}

const linuxLine = /^\s*linux(?:16|efi)?\s+(\S+)/;

/** The lines between the braces of the entry that `entryOf` finds. */
function findBody(menu: string, version: string): readonly string[] | undefined {
  const lines = menu.split('\n', mostLines);
  let found: readonly string[] | undefined;
  for (let at = 0; at < lines.length; at += 1) {
    const head = lines[at] ?? '';
    if (!/^\s*menuentry\s/.test(head)) continue;
    const body = readBody(lines, at + 1);
    at += body.length;
    const boots = body.some((line) => versionOf(linuxLine.exec(line)?.[1] ?? '') === version);
    const repairs = body.some(
      (line) => linuxLine.test(line) && /\s(?:single|recovery)\b/.test(line),
    );
    if (!boots || repairs) continue;
    if (head.includes(`-${version}-`)) return body;
    found = body;
  }
  return found;
}

function readBody(lines: readonly string[], from: number): string[] {
  const body: string[] = [];
  let depth = 1;
  for (let at = from; at < lines.length; at += 1) {
    const line = lines[at] ?? '';
    depth += balance(line);
    if (depth <= 0) break;
    body.push(line);
  }
  return body;
}

/** Braces that a line opens, less those that it closes; those in quotes and in `${name}` are none. */
function balance(line: string): number {
  const bare = line
    .replaceAll(/'[^']*'|"(?:[^"\\]|\\.)*"/g, '')
    .replaceAll(/\$\{\w*\}/g, '')
    .replace(/(^|\s)#.*$/, '');
  return (bare.match(/\{/g) ?? []).length - (bare.match(/\}/g) ?? []).length;
}

/** File systems that grub writes its environment to, as stat(1) calls them. */
const writable = ['ext2/ext3', 'ext4', 'ext2', 'xfs', 'msdos', 'vfat', 'fat'];

/**
 * Why grub could not forget an entry that it is to boot once, from where its environment lies;
 * undefined where it can. grub writes to plain partitions alone (its manual, "Environment block").
 * Pure.
 */
export function whyNotWritable(where: {
  readonly fileSystem: string;
  readonly device: string;
  /** Of the file; undefined where there is none yet. */
  readonly bytes: number | undefined;
}): string | undefined {
  const { fileSystem, device, bytes } = where;
  if (!writable.includes(fileSystem)) {
    return `/boot/grub lies on ${fileSystem === '' ? 'no file system that it tells' : fileSystem}, where grub does not write`;
  }
  if (/^\/dev\/(?:mapper\/|dm-|md)/.test(device)) {
    return `/boot/grub lies on ${device} (LVM, RAID or encrypted), where grub does not write`;
  }
  if (bytes !== undefined && bytes !== 1024) {
    return `/boot/grub/grubenv has ${bytes} bytes instead of 1024`;
  }
  return undefined;
}
