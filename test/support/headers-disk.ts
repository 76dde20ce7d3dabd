import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  realpathSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';

/** The compiler that a disk with a tool chain has, which no host has. */
export const diskGccMajor = 77;

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

/** Stands for gcc: says its version, and writes an object that tells where it was built. */
const compiler = `#!/bin/sh
[ "$1" = -dumpversion ] && { echo ${diskGccMajor}; exit 0; }
[ -e /etc/hostname ] && outside=outside
echo "built $outside$HOME_OF_HOST" >"$3"
`;

/** Programs of this host that a tool chain consists of. */
const toolNames = ['make', 'sh', 'cp'];

/** Lays a tool chain into a disk's tree, as a package of dpkg's that is installed in it. */
function layTools(tree: string): void {
  const listed: string[] = [];
  const copy = (from: string, to: string): void => {
    mkdirSync(dirname(join(tree, to)), { recursive: true });
    copyFileSync(realpathSync(from), join(tree, to));
    chmodSync(join(tree, to), 0o755);
    listed.push(`/${to}`);
  };
  for (const name of toolNames) {
    const path = execFileSync('sh', ['-c', `command -v ${name}`], { encoding: 'utf8' }).trim();
    copy(path, `usr/bin/${name}`);
    const libraries = execFileSync('ldd', [realpathSync(path)], { encoding: 'utf8' });
    for (const [, library = ''] of libraries.matchAll(/(\/\S+) \(0x/g)) {
      copy(library, library.replace(/^\/(?:usr\/)?/, 'usr/'));
    }
  }
  for (const name of ['bin', 'lib64']) symlinkSync(`usr/${name}`, join(tree, name));
  // Found by a link that no list has.
  const hidden = `usr/lib/gcc-real`;
  writeFileSync(join(tree, hidden), compiler, { mode: 0o755 });
  mkdirSync(join(tree, 'etc/alternatives'), { recursive: true });
  symlinkSync(`/${hidden}`, join(tree, `etc/alternatives/gcc-${diskGccMajor}`));
  symlinkSync(`/etc/alternatives/gcc-${diskGccMajor}`, join(tree, `usr/bin/gcc-${diskGccMajor}`));
  const info = join(tree, 'var/lib/dpkg/info');
  mkdirSync(info, { recursive: true });
  // As hostile as a list can be: what is named so lies nowhere, or at the top.
  const odd = ['/.', '/../../../../etc/passwd', '/usr/share/doc/tools/copyright', '/etc/shadow'];
  const lines = [...odd, ...new Set(listed), `/${hidden}`];
  writeFileSync(join(info, 'tools.list'), `${lines.join('\n')}\n`);
  writeFileSync(join(info, 'make:amd64.list'), '/usr/bin/make\n');
  const status = [
    'Package: tools\nStatus: install ok installed\nVersion: 1\nEssential: yes',
    `Package: gcc-${diskGccMajor}\nStatus: install ok installed\nDepends: tools (>= 1), none | tools`,
    'Package: make\nStatus: install ok installed\nArchitecture: amd64',
  ];
  writeFileSync(join(tree, 'var/lib/dpkg/status'), `${status.join('\n\n')}\n`);
}

/**
 * A raw image with an ext4 file system that has a kernel in /boot and its headers as Debian lays
 * them out, with a stand-in for kbuild that runs this host's gcc. `gccMajor` is the compiler that
 * the kernel was built with; with `tools` the image has a tool chain.
 */
export function makeHeadersDisk(
  folder: string,
  {
    gccMajor = hostGccMajor(),
    headers = true,
    tools = false,
    more = [] as readonly (readonly [string, string])[],
  } = {},
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
  if (tools) layTools(tree);
  for (const [path, text] of more) put(path, text);
  const disk = join(folder, 'headers.raw');
  writeFileSync(disk, '');
  truncateSync(disk, 32 * 1024 ** 2);
  execFileSync('mke2fs', ['-q', '-t', 'ext4', '-d', tree, disk], { stdio: 'ignore' });
  return disk;
}
