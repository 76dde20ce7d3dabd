import { expect, test } from 'vitest';
import { anchorPaths, neededFiles } from '../../../src/machine/relative-paths.ts';

/** `bios.bin` lies in the folder, too. */
const anchored = (line: string): string =>
  anchorPaths(line.split(' '), '/lab', (path) => path === '/lab/bios.bin').join(' ');

test.each([
  ['-kernel bzImage -append root=/dev/vda1', '-kernel /lab/bzImage -append root=/dev/vda1'],
  ['--kernel ../linux/bzImage', '--kernel /linux/bzImage'],
  ['-initrd ./initrd.img', '-initrd /lab/initrd.img'],
  ['-drive file=./x,if=virtio', '-drive file=/lab/x,if=virtio'],
  ['-drive format=raw,file=a,,b.img', '-drive format=raw,file=/lab/a,,b.img'],
  ['-drive driver=qcow2,file.filename=x', '-drive driver=qcow2,file.filename=/lab/x'],
  [
    '-blockdev driver=file,node-name=f,filename=x',
    '-blockdev driver=file,node-name=f,filename=/lab/x',
  ],
  ['-blockdev driver=qcow2,file=f', '-blockdev driver=qcow2,file=f'],
  ['-hda disk.img', '-hda /lab/disk.img'],
  ['-serial file:out.txt', '-serial file:/lab/out.txt'],
  ['-monitor unix:mon,server=on', '-monitor unix:/lab/mon,server=on'],
  ['-chardev socket,id=c,path=s', '-chardev socket,id=c,path=/lab/s'],
  [
    '-object memory-backend-file,id=m,mem-path=m,size=1M',
    '-object memory-backend-file,id=m,mem-path=/lab/m,size=1M',
  ],
  ['-virtfs local,path=src,mount_tag=t', '-virtfs local,path=/lab/src,mount_tag=t'],
  ['-device loader,file=a.elf', '-device loader,file=/lab/a.elf'],
  [
    '-netdev tap,id=n,script=up.sh,downscript=no',
    '-netdev tap,id=n,script=/lab/up.sh,downscript=no',
  ],
  ['-bios bios.bin', '-bios /lab/bios.bin'],
  ['-bios ./mine.bin', '-bios /lab/mine.bin'],
])('%s: relative to where the user is', (typed, read) => expect(anchored(typed)).toBe(read));

test.each([
  '-kernel /boot/vmlinuz',
  '-bios qboot.rom',
  '-smp 4 -m 2G -usb',
  '-drive file=nbd://host/x',
  '-drive file=fat:rw:/lab/dir',
  '-device edu',
  '-serial stdio',
  '-vnc :3',
  '-gdb tcp:127.0.0.1:1234',
  '-append console=ttyS0 file=x',
  '-name path=x',
  '-kernel',
])('%s stays as it is', (typed) => expect(anchored(typed)).toBe(typed));

test('kernels and disks are needed, what QEMU writes is not', () => {
  const words = '-kernel /k -drive if=ide,file=/d -hda /h -serial file:/s -initrd /a,/b'.split(' ');
  const comma = { option: '-kernel', path: '/lab 1, x/k', isDisk: false };
  expect(neededFiles([comma.option, comma.path])).toEqual([comma]);
  expect(neededFiles(words)).toEqual([
    { option: '-kernel', path: '/k', isDisk: false },
    { option: '-drive', path: '/d', isDisk: true },
    { option: '-hda', path: '/h', isDisk: true },
  ]);
});

test('a long list takes time in proportion', () => {
  const value = `${'file=a,'.repeat(5_000)}x`;
  expect(anchorPaths(['-drive', value], '/lab')[1]).toContain('file=/lab/a');
});
