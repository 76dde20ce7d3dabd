import { expect, test } from 'vitest';
import { labDevices } from '../../../src/host/lab-devices.ts';
import { riskyArguments } from '../../../src/machine/risky-arguments.ts';

test.each([
  [],
  ['-append', 'root=/dev/vda1 init=/bin/sh', '-kernel', 'bzImage', '-initrd', '-odd-name'],
  ['--device', 'virtio-rng-pci', '-S', '-no-reboot'],
  ['-m', '2G', '-smp', '4', '-cpu', 'max', '-gdb', 'tcp:127.0.0.1:1234'],
  ...labDevices.flatMap(({ args }) => (args === undefined ? [] : [[...args]])),
])('what courses use needs no answer: %j', (...words) => {
  expect(riskyArguments(words.flat())).toEqual([]);
});

test.each([
  [['-sandbox', 'off'], ['-sandbox off']],
  [['--sandbox', 'off'], ['--sandbox off']],
  [['-netdev', 'tap,id=x,script=./evil'], ['-netdev tap,id=x,script=./evil']],
  [['-netdev', 'user,id=x,smb=/'], ['-netdev user,id=x,smb=/']],
  [['-nic', 'user,guestfwd=tcp:10.0.2.9:1-cmd:id'], ['-nic user,guestfwd=tcp:10.0.2.9:1-cmd:id']],
  [['-netdev', 'user,id=x,hostfwd=tcp::9-:22'], ['-netdev user,id=x,hostfwd=tcp::9-:22']],
  [['-incoming', 'exec:id'], ['-incoming exec:id']],
  [['-plugin', './evil.so', '-S'], ['-plugin ./evil.so']],
  [['-chardev', 'file,id=q,path=x'], ['-chardev file,id=q,path=x']],
  [['-S', '-D', 'log'], ['-D log']],
  [['-s'], ['-s']],
  [['-gdb', 'tcp::1234'], ['-gdb tcp::1234']],
  [['-gdb', 'tcp:0.0.0.0:1234'], ['-gdb tcp:0.0.0.0:1234']],
  [['-readconfig', 'more'], ['-readconfig more']],
  [['-machine', 'pc,dumpdtb=x'], ['-machine pc,dumpdtb=x']],
  [['-serial', 'file:x'], ['-serial file:x']],
  [['disk.img'], ['disk.img']],
  [
    ['-daemonize', '-runas', 'x'],
    ['-daemonize', '-runas x'],
  ],
  [
    ['-constructor', '-sandbox'],
    ['-constructor', '-sandbox'],
  ],
  [['-device', '-s', '-sandbox', 'off'], ['-sandbox off']],
  [
    ['-object', 'memory-backend-file,mem-path=/dev/shm/a,mem-path=/etc/x'],
    ['-object memory-backend-file,mem-path=/dev/shm/a,mem-path=/etc/x'],
  ],
  [
    ['-object', 'memory-backend-file,mem-path=/dev/shm/a,,/../../x'],
    ['-object memory-backend-file,mem-path=/dev/shm/a,,/../../x'],
  ],
])('what can run a program, write a file or listen to others is found: %j', (words, risky) => {
  expect(riskyArguments(words)).toEqual(risky);
});
