import { versionOf, type GrubConfig, type GrubEntry } from './boot-menu.ts';

/** A kernel of a disk that can be booted without the disk's boot loader. */
export interface BootChoice {
  /** What stands behind `vmlinuz-`; the file's whole name where that says something else. */
  readonly version: string;
  /** Absolute paths in the file system that grub reads. */
  readonly kernel: string;
  readonly initrds: readonly string[];
  /** Its arguments, as the disk's menu has them; those of the usual entry for a kernel that is not in it. */
  readonly append: string;
  /** The one that boots when nobody chooses. */
  readonly isUsual: boolean;
}

/** What a disk has to boot from. */
export interface BootFiles {
  readonly config: GrubConfig | undefined;
  /** Where kernels lie: `/boot`, or `/` of a file system that is mounted there. */
  readonly folder: string;
  /** Names in that folder. */
  readonly names: readonly string[];
}

/**
 * The kernels of a disk, newest first: those of its menu, and others that lie beside them. `guess`
 * are the arguments where the disk has no menu. One of which the file is gone is left out. Pure.
 */
export function listBootChoices(
  { config, folder, names }: BootFiles,
  guess: string,
): readonly BootChoice[] {
  const usual = config?.usual;
  const there = new Set(names);
  const isThere = (path: string): boolean =>
    !path.startsWith(prefixOf(folder)) || there.has(path.slice(prefixOf(folder).length));
  const choices = new Map<string, BootChoice>();
  const add = (choice: BootChoice): void => {
    if (!choices.has(choice.version) && isThere(choice.kernel)) choices.set(choice.version, choice);
  };
  const entries = (config?.entries ?? []).filter((entry) => !entry.isRecovery || entry === usual);
  for (const entry of [...(usual === undefined ? [] : [usual]), ...entries]) {
    add(choiceOf(entry, entry === usual));
  }
  for (const name of names) {
    const version = versionOf(name);
    if (version === undefined || /\.(?:old|bak|dpkg-\w+)$/.test(version)) continue;
    const initrd = [`initrd.img-${version}`, `initramfs-${version}.img`].find((each) =>
      there.has(each),
    );
    add({
      version,
      kernel: prefixOf(folder) + name,
      initrds: initrd === undefined ? [] : [prefixOf(folder) + initrd],
      append: usual?.append ?? guess,
      isUsual: false,
    });
  }
  return [...choices.values()].toSorted((one, other) =>
    compareReleases(other.version, one.version),
  );
}

function choiceOf(entry: GrubEntry, isUsual: boolean): BootChoice {
  const { kernel, initrds, append } = entry;
  const version = entry.version ?? kernel.split('/').at(-1) ?? kernel;
  return { version, kernel, initrds, append, isUsual };
}

function prefixOf(folder: string): string {
  return folder === '/' ? '/' : `${folder}/`;
}

/**
 * The choice that `--boot-entry` means: a version, a part of one that fits one alone, or
 * `previous`, the newest besides the usual one. Pure.
 */
export function findBootChoice(
  choices: readonly BootChoice[],
  wanted: string,
): BootChoice | undefined {
  const exact = choices.find(({ version }) => version === wanted);
  if (exact !== undefined) return exact;
  if (wanted === 'previous') return choices.find(({ isUsual }) => !isUsual);
  const fitting = choices.filter(({ version }) => version.startsWith(wanted));
  return fitting.length === 1 && wanted !== '' ? fitting[0] : undefined;
}

/**
 * Orders kernel releases: numbers by their value, so that 6.1.0-9 comes before 6.1.0-38, and a
 * release candidate before its release. Negative where `one` is older. Pure.
 */
export function compareReleases(one: string, other: string): number {
  const [ours, theirs] = [one, other].map((text) => text.match(/\d+|[^\d]+/g) ?? []);
  for (let index = 0; ; index += 1) {
    const [a, b] = [ours?.[index], theirs?.[index]];
    if (a === undefined && b === undefined) return 0;
    if (a === undefined) return isCandidate(b) ? 1 : -1;
    if (b === undefined) return isCandidate(a) ? -1 : 1;
    if (a === b) continue;
    const [x, y] = [Number(a), Number(b)];
    if (!Number.isNaN(x) && !Number.isNaN(y)) {
      if (x !== y) return x - y;
      continue;
    }
    return a < b ? -1 : 1;
  }
}

function isCandidate(part: string | undefined): boolean {
  return part === '-rc' || part === '~rc';
}
