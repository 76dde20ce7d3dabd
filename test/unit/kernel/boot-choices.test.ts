import { expect, test } from 'vitest';
import {
  compareReleases,
  findBootChoice,
  listBootChoices,
} from '../../../src/kernel/boot-choices.ts';
import { readGrubConfig } from '../../../src/kernel/boot-menu.ts';

const config = readGrubConfig(`
menuentry 'Debian' {
  linux /boot/vmlinuz-6.1.0-38-amd64 root=UUID=1f ro quiet
  initrd /boot/initrd.img-6.1.0-38-amd64
}
submenu 'more' {
  menuentry 'recovery' {
    linux /boot/vmlinuz-6.1.0-9-amd64 root=UUID=1f ro single
  }
  menuentry 'old' {
    linux /boot/vmlinuz-6.1.0-9-amd64 root=UUID=1f ro
    initrd /boot/initrd.img-6.1.0-9-amd64
  }
  menuentry 'gone' {
    linux /boot/vmlinuz-5.10 root=UUID=1f ro
  }
}
`);
const names = [
  'initrd.img-6.1.0-38-amd64',
  'initrd.img-6.1.0-9-amd64',
  'initrd.img-6.6.1',
  'vmlinuz-6.1.0-38-amd64',
  'vmlinuz-6.1.0-9-amd64',
  'vmlinuz-6.6.1',
  'vmlinuz-6.6.1.old',
];

test('kernels of the menu and beside it, newest first; what is gone and what is for repairs is left out', () => {
  const choices = listBootChoices({ config, folder: '/boot', names }, 'root=/dev/vda1');
  expect(choices.map(({ version, isUsual, append }) => [version, isUsual, append])).toEqual([
    // Installed by hand, without update-grub.
    ['6.6.1', false, 'root=UUID=1f ro quiet'],
    ['6.1.0-38-amd64', true, 'root=UUID=1f ro quiet'],
    ['6.1.0-9-amd64', false, 'root=UUID=1f ro'],
  ]);
  expect(choices[0]).toMatchObject({
    kernel: '/boot/vmlinuz-6.6.1',
    initrds: ['/boot/initrd.img-6.6.1'],
  });
  expect(findBootChoice(choices, 'previous')?.version).toBe('6.6.1');
  expect(findBootChoice(choices, '6.1.0-9')?.version).toBe('6.1.0-9-amd64');
  expect(findBootChoice(choices, '6.1')).toBeUndefined();
  expect(findBootChoice(choices, '')).toBeUndefined();
});

test('a /boot of its own, and a disk without a menu', () => {
  const menu = readGrubConfig('menuentry x {\nlinux /vmlinuz-1 root=/dev/vda2\ninitrd /i\n}');
  const own = listBootChoices({ config: menu, folder: '/', names: ['vmlinuz-1', 'i'] }, '');
  expect(own).toMatchObject([{ version: '1', kernel: '/vmlinuz-1', initrds: ['/i'] }]);
  const none = listBootChoices(
    { config: undefined, folder: '/boot', names: ['vmlinuz-1'] },
    'root=/dev/vda1 ro',
  );
  expect(none).toMatchObject([{ version: '1', append: 'root=/dev/vda1 ro', isUsual: false }]);
});

test('releases are ordered as their numbers are', () => {
  const sorted = [
    '5.10',
    '6.1.0-9-amd64',
    '6.1.0-38-amd64',
    '6.1.10',
    '6.6.0-rc1',
    '6.6.0',
    '6.6.0-x',
  ];
  const mixed = [3, 1, 6, 0, 5, 2, 4].map((at) => sorted[at] ?? '');
  expect(mixed.toSorted(compareReleases)).toEqual(sorted);
});
