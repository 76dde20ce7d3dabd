import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A Linux that is up in a second or two and does one thing. */
export interface TinyLinux {
  readonly kernel: string;
  readonly initramfs: string;
}

/** Kernel arguments: it says how it runs and resets the machine. */
export const tinyLinuxArguments = 'console=ttyS0 quiet rdinit=/tiny-init';
/** With this one too it stays up after that. */
export const stayArgument = 'tiny-stay';
/** Its last words. */
export const tinyLinuxIsUp = 'tiny Linux is up';

/**
 * Debian's kernel and initramfs out of an image that utopia built, with an init of
 * our own before them in the archive: the image needs no mount.
 */
export function takeTinyLinux(image: string, folder: string): TinyLinux {
  const root = `${image}?offset=${partitionStart}`;
  const ask = (request: string): string =>
    execFileSync('debugfs', ['-R', request, root], {
      encoding: 'utf8',
      env: { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin:/sbin` },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
  const version = /\/vmlinuz-([^/]+)\//.exec(ask('ls -p /boot'))?.[1] ?? '';
  const kernel = join(folder, 'vmlinuz');
  const debian = join(folder, 'initrd.img');
  ask(`dump /boot/vmlinuz-${version} ${kernel}`);
  ask(`dump /boot/initrd.img-${version} ${debian}`);
  const initramfs = join(folder, 'tiny-initramfs');
  const archive = Buffer.concat([cpioFile('tiny-init', tinyInit), cpioFile('TRAILER!!!', '')]);
  writeFileSync(initramfs, Buffer.concat([padTo(archive, 512), readFileSync(debian)]));
  return { kernel, initramfs };
}

/** Where the builder puts the image's only partition. */
const partitionStart = 1024 ** 2;

const tinyInit = `#!/bin/sh
mkdir -p /dev /proc
mount -t devtmpfs dev /dev
mount -t proc proc /proc
exec >/dev/console 2>&1
dmesg | grep -E 'Hypervisor detected|kvm-clock: Using|Linux version'
echo '${tinyLinuxIsUp}'
case $(cat /proc/cmdline) in
  *${stayArgument}*) while :; do sleep 3600; done ;;
esac
reboot -f
`;

/** One file of an archive as the kernel unpacks it: cpio's "newc" (buffer-format in the kernel's documentation). */
function cpioFile(name: string, content: string): Buffer {
  const body = Buffer.from(content);
  const mode = name === 'TRAILER!!!' ? 0 : 0o100755;
  const nameBytes = Buffer.from(`${name}\0`);
  // ino, mode, uid, gid, nlink, mtime, size, two pairs of device numbers, length of the name, check.
  const fields = [1, mode, 0, 0, 1, 0, body.length, 0, 0, 0, 0, nameBytes.length, 0];
  const header = fields.map((field) => field.toString(16).padStart(8, '0')).join('');
  const head = Buffer.concat([Buffer.from(`070701${header}`), nameBytes]);
  return Buffer.concat([padTo(head, 4), padTo(body, 4)]);
}

function padTo(bytes: Buffer, unit: number): Buffer {
  return Buffer.concat([bytes, Buffer.alloc((unit - (bytes.length % unit)) % unit)]);
}
