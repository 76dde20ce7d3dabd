import { resolve } from 'node:path';

/** Where in an option's value a path stands. */
type PathPlace =
  /** The value is one. */
  | 'value'
  /** The value is one, or the name of a file that QEMU brings (`-bios bios.bin`). */
  | 'own-or-brought'
  /** Behind `file:`, `unix:`, `pipe:`. */
  | 'behind-kind'
  /** Of `key=value,key=value` those keys that `pathKeys` names. */
  | 'keys'
  /** The same, but `file` names another part of the list (-blockdev). */
  | 'keys-but-file';

/** QEMU's options whose values name files (qemu(1), 5.2 to 11.1). */
const pathPlaces: Readonly<Record<string, PathPlace>> = {
  kernel: 'value',
  initrd: 'value',
  dtb: 'value',
  cdrom: 'value',
  hda: 'value',
  hdb: 'value',
  hdc: 'value',
  hdd: 'value',
  fda: 'value',
  fdb: 'value',
  sd: 'value',
  pflash: 'value',
  mtdblock: 'value',
  D: 'value',
  pidfile: 'value',
  readconfig: 'value',
  'mem-path': 'value',
  'dump-vmstate': 'value',
  chroot: 'value',
  bios: 'own-or-brought',
  'option-rom': 'own-or-brought',
  serial: 'behind-kind',
  parallel: 'behind-kind',
  monitor: 'behind-kind',
  qmp: 'behind-kind',
  'qmp-pretty': 'behind-kind',
  debugcon: 'behind-kind',
  gdb: 'behind-kind',
  vnc: 'behind-kind',
  incoming: 'behind-kind',
  drive: 'keys',
  chardev: 'keys',
  object: 'keys',
  fsdev: 'keys',
  virtfs: 'keys',
  netdev: 'keys',
  nic: 'keys',
  net: 'keys',
  smbios: 'keys',
  fw_cfg: 'keys',
  acpitable: 'keys',
  tpmdev: 'keys',
  plugin: 'keys',
  trace: 'keys',
  icount: 'keys',
  display: 'keys',
  spice: 'keys',
  machine: 'keys',
  M: 'keys',
  audiodev: 'keys',
  device: 'keys',
  blockdev: 'keys-but-file',
};

/** Keys of lists whose value is a path; in front of one may stand the part of a drive (`file.filename`). */
const pathKeys = [
  'file',
  'filename',
  'path',
  'mem-path',
  'dir',
  'logfile',
  'rrfile',
  'events',
  'tftp',
  'smb',
  'script',
  'downscript',
  'cancel-path',
  'rendernode',
  'dtb',
  'kernel',
  'initrd',
];

/** A comma in a value of a list is doubled. */
const inLists = new RegExp(`(^|,)((?:[\\w-]+\\.)*(?:${pathKeys.join('|')})=)((?:[^,]|,,)+)`, 'g');
const inBlockLists = new RegExp(`(^|,)((?:[\\w-]+\\.)*(?:filename)=)((?:[^,]|,,)+)`, 'g');

/** What names no file below a folder: absolute, `nbd://…`, `json:…`, `fat:…`, `no` for no script. */
const noRelativePath = /^(?:\/|[A-Za-z][\w+.-]*:|no$|none$|-$|$)/;

/**
 * QEMU's arguments with the relative paths in them as absolute ones, from `folder`: QEMU itself
 * runs in `/`. What QEMU brings (`-bios`) stays a name, unless it has a folder or `isThere` says
 * that a file of this name is the user's. Pure but for `isThere`.
 */
export function anchorPaths(
  words: readonly string[],
  folder: string,
  isThere: (path: string) => boolean = () => false,
): string[] {
  const from = (path: string): string => (noRelativePath.test(path) ? path : resolve(folder, path));
  const inKeys = (value: string, pattern: RegExp): string =>
    value.startsWith('{') || value.startsWith('json:')
      ? value
      : value.replaceAll(pattern, (_all, start: string, key: string, path: string) => {
          const anchored = from(path.replaceAll(',,', ',')).replaceAll(',', ',,');
          return `${start}${key}${anchored}`;
        });
  const anchor = (place: PathPlace, value: string): string => {
    switch (place) {
      case 'value':
        return from(value);
      case 'own-or-brought':
        return value.includes('/') || isThere(resolve(folder, value)) ? from(value) : value;
      case 'behind-kind':
        return value.replace(
          /^(file|unix|pipe):([^,]+)/,
          (_all, kind: string, path: string) =>
            `${kind}:${path.startsWith('/') ? path : resolve(folder, path)}`,
        );
      case 'keys':
        return inKeys(value, inLists);
      case 'keys-but-file':
        return inKeys(value, inBlockLists);
      default:
        return place satisfies never;
    }
  };
  return words.map((word, at) => {
    const place = placeOf(words[at - 1]);
    return place === undefined ? word : anchor(place, word);
  });
}

function placeOf(option: string | undefined): PathPlace | undefined {
  const name = /^--?([\w-]+)$/.exec(option ?? '')?.[1] ?? '';
  return Object.hasOwn(pathPlaces, name) ? pathPlaces[name] : undefined;
}

/** A file that an option of QEMU's reads at its start, as it stands in anchored arguments. */
export interface NamedFile {
  readonly option: string;
  readonly path: string;
  /** It is a disk of the machine: `utopia up --disk` has a way of its own for it. */
  readonly isDisk: boolean;
}

/** The files without which QEMU does not start: kernels and disks of these arguments. Pure. */
export function neededFiles(words: readonly string[]): NamedFile[] {
  return words.flatMap((path, at) => {
    const option = words[at - 1] ?? '';
    const name = option.replace(/^--?/, '');
    const isDisk = /^(?:hd[a-d]|drive|sd|fd[ab])$/.test(name);
    if (name === 'drive') {
      const file = /(?:^|,)file=((?:[^,]|,,)+)/.exec(path)?.[1]?.replaceAll(',,', ',');
      return file?.startsWith('/') === true ? [{ option, path: file, isDisk }] : [];
    }
    const isNeeded = isDisk || /^(?:kernel|initrd|dtb|cdrom|pflash)$/.test(name);
    // Several modules of -initrd stand behind commas.
    const isList = name === 'initrd' && path.includes(',');
    return isNeeded && path.startsWith('/') && !isList ? [{ option, path, isDisk }] : [];
  });
}
