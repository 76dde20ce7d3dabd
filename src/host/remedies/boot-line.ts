import type { FixCommand } from '../check.ts';
import type { OsRelease } from '../os-release.ts';

/** How a distribution's boot loader takes a changed command line of the kernel over. */
const bootLoaders: readonly {
  readonly families: readonly string[];
  readonly where: string;
  readonly commands: (word: string, rest: string) => readonly FixCommand[];
}[] = [
  {
    families: ['debian', 'ubuntu'],
    where: '/etc/default/grub',
    commands: () => [{ argv: ['update-grub'], root: true, why: 'writes it for the next boot' }],
  },
  {
    families: ['fedora', 'rhel', 'centos'],
    where: 'the boot loader’s entries',
    commands: (word, rest) => [
      {
        argv: [
          ...['grubby', '--update-kernel=ALL', `--remove-args=${word}`],
          ...(rest === '' ? [] : [`--args=${rest}`]),
        ],
        root: true,
        why: 'takes it out of every kernel’s entry',
      },
    ],
  },
  {
    families: ['suse', 'opensuse'],
    where: '/etc/default/grub',
    commands: () => [
      {
        argv: ['grub2-mkconfig', '-o', '/boot/grub2/grub.cfg'],
        root: true,
        why: 'writes it for the next boot',
      },
    ],
  },
  {
    families: ['arch'],
    where: '/etc/default/grub (or the entry of systemd-boot)',
    commands: () => [
      {
        argv: ['grub-mkconfig', '-o', '/boot/grub/grub.cfg'],
        root: true,
        why: 'writes it for the next boot',
      },
    ],
  },
  {
    families: ['nixos'],
    where: 'boot.kernelParams in configuration.nix',
    commands: () => [
      { argv: ['nixos-rebuild', 'boot'], root: true, why: 'writes it for the next boot' },
    ],
  },
];

/** Takes a word off the kernel's command line, or leaves `rest` of it there: where it stands, and what makes that count. */
export function takeOffBootLine(
  { families }: OsRelease,
  word: string,
  rest: string,
): { readonly where: string; readonly commands: readonly FixCommand[] } {
  const loader = bootLoaders.find((each) => each.families.some((name) => families.includes(name)));
  return loader === undefined
    ? { where: 'the boot loader’s settings (/etc/default/grub)', commands: [] }
    : { where: loader.where, commands: loader.commands(word, rest) };
}
