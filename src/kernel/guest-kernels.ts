import { readGrubConfig, type GrubConfig } from './boot-menu.ts';
import { heedsOneShot } from './grub-trial.ts';

/** What a guest has of kernels and of grub, as `probeScript` finds it. */
export interface GuestKernels {
  /** `uname -r`. */
  readonly running: string;
  /** Of this boot of the guest. */
  readonly bootId: string;
  /** Releases of which /boot has a vmlinuz. */
  readonly installed: readonly string[];
  /** Releases whose vmlinuz is a package's. */
  readonly packaged: readonly string[];
  /** Programs that it has, of those that are asked for. */
  readonly programs: ReadonlySet<string>;
  /** Free bytes, and whether both are one file system. */
  readonly freeBytes: { readonly boot: number; readonly modules: number; readonly same: boolean };
  /** Bytes of the initramfs of the kernel that runs; 0 where it has none. */
  readonly initramfsBytes: number;
  readonly menu: GrubMenu;
  /** Variables of grub's environment. */
  readonly environment: ReadonlyMap<string, string>;
  readonly grubAt: {
    readonly fileSystem: string;
    readonly device: string;
    readonly bytes: number | undefined;
  };
  /** GRUB_DEFAULT, as update-grub would take it. */
  readonly wantedDefault: string;
  /** update-grub reads /etc/default/grub.d. */
  readonly readsDropIns: boolean;
  /** grub.cfg is there. */
  readonly hasConfig: boolean;
}

/** A grub.cfg: its text, and what it says. */
export interface GrubMenu extends GrubConfig {
  readonly text: string;
  /** It boots `next_entry` once, and forgets it. */
  readonly heedsOneShot: boolean;
}

/** Where commands for root lie, whatever account's PATH ssh has. */
export const guestPath = 'PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin; export PATH';

const neededPrograms = [
  ...['grub-mkconfig', 'grub-editenv', 'grub-script-check'],
  ...['depmod', 'update-initramfs', 'tar'],
] as const;

/** For root's shell (POSIX): prints `@NAME VALUE` lines, then grub.cfg. Changes nothing. */
export const probeScript = `${guestPath}
echo "@running $(uname -r)"
echo "@boot $(cat /proc/sys/kernel/random/boot_id)"
for file in /boot/vmlinuz-*; do
  [ -e "$file" ] || continue
  echo "@installed \${file#/boot/vmlinuz-}"
  dpkg-query -S "$file" >/dev/null 2>&1 && echo "@packaged \${file#/boot/vmlinuz-}"
done
for name in ${neededPrograms.join(' ')}; do command -v $name >/dev/null && echo "@has $name"; done
below() { df -Pk "$1" 2>/dev/null | tail -n 1; }
modules=/lib/modules
[ -d $modules ] || modules=/lib
set -- $(below /boot); echo "@free-boot $4"; at=$6
set -- $(below $modules); echo "@free-modules $4"; [ "$at" = "$6" ] && echo '@same yes'
echo "@initramfs $(stat -L -c %s "/boot/initrd.img-$(uname -r)" 2>/dev/null)"
echo "@grub-fs $(stat -f -c %T /boot/grub 2>/dev/null)"
set -- $(below /boot/grub); echo "@grub-device $1"
echo "@grub-bytes $(stat -c %s /boot/grub/grubenv 2>/dev/null)"
[ -s /boot/grub/grubenv ] && grub-editenv /boot/grub/grubenv list 2>/dev/null | sed 's/^/@env /'
(GRUB_DEFAULT=0; for file in /etc/default/grub /etc/default/grub.d/*.cfg; do [ -r "$file" ] && . "$file"; done
echo "@wanted $GRUB_DEFAULT") 2>/dev/null
grep -q /etc/default/grub.d "$(command -v grub-mkconfig)" 2>/dev/null && echo '@drop-ins yes'
[ -f /boot/grub/grub.cfg ] && echo '@config' && head -c 600000 /boot/grub/grub.cfg
exit 0`;

/** Reads what `probeScript` printed; undefined for what was cut short. Pure. */
export function readGuestKernels(text: string): GuestKernels | undefined {
  const at = /^@config$/m.exec(text)?.index;
  const lines = text.slice(0, at).split('\n');
  const all = (name: string): string[] =>
    lines.filter((line) => line.startsWith(`@${name} `)).map((line) => line.slice(name.length + 2));
  const one = (name: string): string => all(name)[0]?.trim() ?? '';
  const bytesOf = (name: string, unit: number): number => (Number(one(name)) || 0) * unit;
  const running = one('running');
  if (running === '' || one('boot') === '') return undefined;
  const grubBytes = one('grub-bytes');
  return {
    running,
    bootId: one('boot'),
    installed: all('installed').filter(isRelease),
    packaged: all('packaged'),
    programs: new Set(all('has')),
    freeBytes: {
      boot: bytesOf('free-boot', 1024),
      modules: bytesOf('free-modules', 1024),
      same: one('same') === 'yes',
    },
    initramfsBytes: bytesOf('initramfs', 1),
    menu: readMenu(text, all('env').join('\n')),
    environment: readVariables(all('env')),
    grubAt: {
      fileSystem: one('grub-fs'),
      device: one('grub-device'),
      bytes: grubBytes === '' ? undefined : Number(grubBytes),
    },
    wantedDefault: one('wanted'),
    readsDropIns: one('drop-ins') === 'yes',
    hasConfig: at !== undefined,
  };
}

/**
 * The menu that a script of ours has printed behind `@config`; `environment` has lines NAME=VALUE.
 * Pure.
 */
export function readMenu(printed: string, environment = ''): GrubMenu {
  const at = /^@config$/m.exec(printed)?.index;
  const text = at === undefined ? '' : printed.slice(at + '@config\n'.length);
  const config = readGrubConfig(text, environment);
  return { ...config, text, heedsOneShot: heedsOneShot(text, config) };
}

function readVariables(lines: readonly string[]): ReadonlyMap<string, string> {
  const pairs = lines.flatMap((line): [string, string][] => {
    const at = line.indexOf('=');
    return at <= 0 ? [] : [[line.slice(0, at), line.slice(at + 1)]];
  });
  return new Map(pairs);
}

/** Whether a text can be a kernel's release: a file's name, and a word for every shell. Pure. */
export function isRelease(text: string): boolean {
  return /^[A-Za-z0-9][\w.+~-]{0,99}$/.test(text);
}
