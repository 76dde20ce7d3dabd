import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The release that such a disk boots. */
export const headersRelease = '9.9.0-1-amd64';

/** The major version of this host's gcc. */
export function hostGccMajor(): number {
  return Number(execFileSync('gcc', ['-dumpversion'], { encoding: 'utf8' }).split('.')[0]);
}

/** Stands for kbuild: compiles each of obj-m, and lists what it has built. */
const makefile = `export KERNELRELEASE := ${headersRelease}
include $(M)/Makefile
modules:
	@for each in $(obj-m); do \\
	  echo "  CC [M]  $(M)/$$each"; \\
	  $(CC) -c -o $(M)/$$each $(M)/$\${each%.o}.c || exit 1; \\
	  cp $(M)/$$each $(M)/$\${each%.o}.ko; echo $(M)/$\${each%.o}.ko >>$(M)/modules.order; \\
	done
`;

/**
 * A raw image with an ext4 file system that has a kernel in /boot and its headers as Debian lays
 * them out, with a stand-in for kbuild that runs this host's gcc. `gccMajor` is the compiler that
 * the kernel was built with.
 */
export function makeHeadersDisk(
  folder: string,
  { gccMajor = hostGccMajor(), headers = true, more = [] as readonly [string, string][] } = {},
): string {
  const tree = join(folder, 'headers-tree');
  const put = (path: string, text: string): void => {
    mkdirSync(dirname(join(tree, path)), { recursive: true });
    writeFileSync(join(tree, path), text);
  };
  const link = (path: string, target: string): void => {
    mkdirSync(dirname(join(tree, path)), { recursive: true });
    symlinkSync(target, join(tree, path));
  };
  const build = `usr/src/linux-headers-${headersRelease}`;
  const common = 'usr/src/linux-headers-9.9.0-1-common';
  put(`boot/vmlinuz-${headersRelease}`, 'a kernel');
  put('etc/os-release', 'ID=debian\\n');
  mkdirSync(join(tree, 'usr/lib/modules', headersRelease), { recursive: true });
  link('lib', 'usr/lib');
  if (headers) {
    link(`usr/lib/modules/${headersRelease}/build`, `/${build}`);
    put(`${build}/Makefile`, `include /${common}/Makefile\n`);
    put(`${build}/include/config/auto.conf`, `CONFIG_GCC_VERSION=${gccMajor}0200\n`);
    link(`${build}/scripts`, '../../lib/linux-kbuild-9.9/scripts');
    put(`${common}/Makefile`, makefile);
    link(`${common}/scripts`, '../../lib/linux-kbuild-9.9/scripts');
    put('usr/lib/linux-kbuild-9.9/scripts/basic/note', 'programs of kbuild');
    // What leads out of headers stays where it is.
    link(`${build}/outside`, '/etc');
    link(`${build}/above`, '../../../..');
    link(`${build}/nowhere`, 'no such file');
  }
  for (const [path, text] of more) put(path, text);
  const disk = join(folder, 'headers.raw');
  writeFileSync(disk, '');
  truncateSync(disk, 32 * 1024 ** 2);
  execFileSync('mke2fs', ['-q', '-t', 'ext4', '-d', tree, disk], { stdio: 'ignore' });
  return disk;
}
