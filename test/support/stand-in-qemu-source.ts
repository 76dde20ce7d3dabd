import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { writeIn } from './stand-in-kernel.ts';
import type { StandIn } from './stand-in.ts';

/** Answers as QEMU's since 5.2 does, and writes a Makefile for what was asked for. */
const configure = String.raw`#!/bin/sh
source=$(cd "$(dirname "$0")" && pwd)
if test "$1" = --help; then cat "$source/help"; exit; fi
for word; do
  case $word in --prefix=*) prefix=${'$'}{word#*=};; esac
done
echo 'The Meson build system'
if test -e "$source/fails"; then
  mkdir -p meson-logs
  cp "$source/fails" meson-logs/meson-log.txt
  cat "$source/fails"
  exit 1
fi
echo "$@" >> configured
touch config-host.mak
{ echo "PREFIX := $prefix"; echo "SOURCE := $source"; cat "$source/rules"; } > Makefile
`;

const help = `Usage: configure [options]

Standard options:
  --help                   print this message
  --prefix=PREFIX          install in PREFIX [/usr/local]
  --target-list=LIST       set target list (default: build all)
  --disable-werror         disable compilation abort on warning
  --firmwarepath=VALUES    search PATH for firmware files [share/qemu-firmware]

Optional features, enabled with --enable-FEATURE and
disabled with --disable-FEATURE, default is enabled if available:

  docs            Documentations build support
  kvm             KVM acceleration support
  slirp           libslirp user mode network backend support
  tools           build support utilities that come with QEMU
  vnc             VNC server

NOTE: The object files are built at the place where configure is launched
`;

/** What ninja prints, of a build of one file. `slow` in the source makes it wait until it is stopped. */
const rules = String.raw`
all:
	@echo '[1/3] Generating trace/trace-root.h with a custom command'
	@test ! -e $(SOURCE)/slow || { echo > $(SOURCE)/waits; sleep 60; }
	@echo '[2/3] Compiling C object libqemu.fa.p/hw_lab.c.o'
	@gcc -Wall -c -o lab.o ../hw/lab.c > said 2>&1 || { \
	  echo 'FAILED: libqemu.fa.p/hw_lab.c.o '; echo 'cc -m64 -c ../hw/lab.c'; cat said; \
	  echo 'ninja: build stopped: subcommand failed.'; exit 1; }
	@cat said
	@echo '[3/3] Linking target qemu-system-x86_64'
	@cp $(SOURCE)/program qemu-system-x86_64

install: all
	@mkdir -p $(PREFIX)/bin
	@cp -d --remove-destination qemu-system-x86_64 $(SOURCE)/qemu-img $(PREFIX)/bin
`;

/**
 * A small folder that utopia takes for QEMU's source: gcc compiles a file in it, and what is
 * installed is the stand-in. No path may have a blank.
 */
export function makeStandInQemuSource(
  folder: string,
  { binary, prefix }: StandIn,
  version = '7.2.22',
): void {
  const files = {
    ...{ VERSION: `${version}\n`, Makefile: '', 'qemu-options.hx': '', configure, help, rules },
    'hw/lab.c': 'int lab;\n',
    program: `#!/bin/sh\nexec '${binary}' "$@"\n`,
    'qemu-img': `#!/bin/sh\nexec '${join(prefix, 'bin/qemu-img')}' "$@"\n`,
  };
  for (const [name, content] of Object.entries(files)) writeIn(folder, name, content);
  for (const name of ['bios-256k.bin', 'vgabios-stdvga.bin', 'kvmvapic.bin', 'linuxboot_dma.bin']) {
    writeIn(folder, `pc-bios/${name}`, '');
  }
  for (const name of ['program', 'qemu-img']) chmodSync(join(folder, name), 0o755);
}
