import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { kernelImage } from './kernel-image.ts';

/** What a stand-in's Makefile shares with the kernel's: its targets, O=, names of files, forms of output. */
const makefile = String.raw`
OUT := $(if $(O),$(O),.)
RELEASE := 6.1.99-lab
OBJECT := $(OUT)/init/main.o
MODULE := $(OUT)/lib/lab.ko

olddefconfig:
	@mkdir -p $(OUT)/include/config
	@sed -i 's/ 5\.10\.1 Kernel/ 6.1.99 Kernel/' $(OUT)/.config
	@printf 'deps_config := \\\n\tKconfig \\\n\n' > $(OUT)/include/config/auto.conf.cmd
	@touch $(OUT)/include/config/auto.conf
	@echo '# configuration written to .config'

$(OBJECT): init/main.c
	@mkdir -p $(@D) $(OUT)/arch/x86/boot
	@echo '  CC      init/main.o'
	@test ! -e slow || { echo > waits; sleep 60; }
	@gcc -Wall -c -o $@ $<

vmlinux: $(OBJECT)
	@echo '  LD      vmlinux'
	@cp $< $(OUT)/vmlinux
	@echo 'ffffffff81000000 T _text' > $(OUT)/System.map
	@echo $(RELEASE) > $(OUT)/include/config/kernel.release

bzImage: vmlinux
	@echo '  BUILD   arch/x86/boot/bzImage'
	@cp image $(OUT)/arch/x86/boot/bzImage

$(MODULE): lib/lab.c
	@mkdir -p $(@D)
	@echo '  CC [M]  lib/lab.o'
	@gcc -c -o $@ $<

modules: $(MODULE)
	@echo lib/lab.ko > $(OUT)/modules.order

modules_install:
	@mkdir -p $(INSTALL_MOD_PATH)/lib/modules/$(RELEASE)/kernel/lib
	@ln -s $(CURDIR) $(INSTALL_MOD_PATH)/lib/modules/$(RELEASE)/build
	@cp $(MODULE) $(INSTALL_MOD_PATH)/lib/modules/$(RELEASE)/kernel/lib
`;

/**
 * A small folder that make takes for a kernel's source: gcc compiles a file and a module in it, and
 * `slow` in it makes that wait until it is stopped. The path must have no blank.
 */
export function makeStandInKernel(folder: string): void {
  const files: Record<string, string | Buffer> = {
    Makefile: `VERSION = 6\nPATCHLEVEL = 1\nSUBLEVEL = 99\nEXTRAVERSION =\nNAME = Lab\n${makefile}`,
    Kconfig: 'mainmenu "Lab"\n',
    Kbuild: '',
    'scripts/kconfig/merge_config.sh': '',
    'arch/x86/Makefile': '',
    'init/main.c': 'int main(void) { return 0; }\n',
    'lib/lab.c': 'int lab;\n',
    image: kernelImage('6.1.99-lab'),
  };
  for (const [name, content] of Object.entries(files)) writeIn(folder, name, content);
}

/** A .config as Kconfig writes it, with these options. */
export function standInConfig(
  options: readonly string[] = ['MODULES=y'],
  head = 'Linux/x86 6.1.99',
): string {
  const lines = ['64BIT=y', 'X86_64=y', ...options].map((line) => `CONFIG_${line}`);
  return `#\n# Automatically generated file; DO NOT EDIT.\n# ${head} Kernel Configuration\n#\n${lines.join('\n')}\n`;
}

export function writeIn(folder: string, name: string, content: string | Buffer): void {
  const path = join(folder, name);
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, content);
}
