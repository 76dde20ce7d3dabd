import type { Explanation } from './cause-explanation.ts';

const bios =
  'In the BIOS (UEFI) setup enable "Intel Virtualization Technology" (VT-x) or "SVM Mode", save, and switch the computer off and on again: a warm reboot is not enough for every board.';

export const processorExplanations: Readonly<Record<string, Explanation>> = {
  'cpu.virt': {
    about:
      'KVM needs vmx (Intel VT-x) or svm (AMD-V). A missing flag has four reasons, which are told apart here: the kernel hides it when the BIOS locked the extension, a hypervisor outside does not pass it on, the processor has none, or nothing tells.',
    causes: {
      'bios-disabled': {
        means:
          'The processor has the extension, but the BIOS locks it. The kernel log says so, or svm_lock stands in /proc/cpuinfo without svm. Some kernels show the flag all the same; the log counts then.',
        fix: bios,
      },
      'nested-without-virt': {
        means:
          'This host is a virtual machine itself, and was given no virtualisation, or one that is locked. Its own BIOS has nothing to do with it.',
        fix: 'Outside, each in its own way: VMware "Virtualize Intel VT-x/EPT or AMD-V/RVI"; VirtualBox VBoxManage modifyvm NAME --nested-hw-virt on; Hyper-V Set-VMProcessor -VMName NAME -ExposeVirtualizationExtensions $true; Parallels "Enable nested virtualization"; QEMU, libvirt and Proxmox CPU type host, and nested=1 for the outer kvm_intel; WSL 2 nestedVirtualization=true in .wslconfig (Windows 11); EC2 a C8i, M8i or R8i with the option, or .metal; Google Cloud --enable-nested-virtualization; Azure a size that has it, without Trusted Launch; elsewhere a machine type that has it.',
      },
      'cpu-without-virt': {
        means:
          'The kernel log reaches back to the boot and does not blame the BIOS: the processor has no extension.',
        fix: 'Look the processor up; if it has VT-x or AMD-V after all, switch that on in the BIOS. Else labs run under emulation.',
      },
      'virt-flag-missing': {
        means:
          'The flag is missing and the kernel log cannot be read, or does not reach back to the boot: it may be the BIOS, or the processor.',
        fix: 'sudo dmesg: a line "disabled by BIOS" tells that it is the BIOS.',
      },
      'split-cores': {
        means:
          'Some processors have the flag and others have not, after a BIOS update that was not applied to all, for instance. A guest stops when it is moved to one without.',
        fix: bios,
      },
    },
  },
  'cpu.bios': {
    about:
      'The second witness for a BIOS that switched virtualisation off. Not asked where the flag is there, nor in a virtual machine, whose BIOS nobody can enter.',
    causes: {
      'bios-disabled': {
        means:
          'The kernel said while it booted, or while it loaded KVM, that the BIOS disables it.',
        fix: bios,
      },
    },
  },
  'cpu.slat': {
    about:
      'With nested paging (Intel EPT, AMD NPT) the processor walks the guest’s page tables itself. KVM works without, but slowly.',
    causes: {
      'paging-disabled': {
        means: 'KVM’s module was loaded with ept=0 or npt=0.',
        fix: 'Look in /etc/modprobe.d and on the kernel’s command line for that option, take it out, reboot.',
      },
      'paging-missing': {
        means: 'The processor is too old for it, or a hypervisor outside does not pass it on.',
        fix: 'Nothing; guests run, more slowly than they might.',
      },
    },
  },
  'kmod.conflict': {
    about:
      'The processor extension is held by one hypervisor at a time. VirtualBox or VMware being installed does no harm; a running machine of theirs does. utopia never changes anything of theirs.',
    causes: {
      busy: {
        means: 'A virtual machine of VirtualBox or VMware runs and holds the extension.',
        fix: 'Power that machine off; KVM works at once after that.',
      },
    },
  },
  'kmod.blacklist': {
    about:
      'A line "blacklist kvm_intel", an "install" line that loads nothing, or module_blacklist=, modprobe.blacklist= or initcall_blacklist= on the kernel’s command line keeps KVM from being loaded. Somebody wrote it on purpose, most often for VirtualBox.',
    causes: {
      blacklisted: {
        means: 'The file and line that are named switch the module off.',
        fix: 'doctor --fix comments the line out, asked on its own, and keeps a copy. On the command line of the kernel it is yours, and no modprobe helps before the next boot: take the word out where the boot loader has it (/etc/default/grub and update-grub, grubby, grub-mkconfig, boot.kernelParams of NixOS), and reboot.',
      },
    },
  },
  'kmod.tree': {
    about:
      'Modules are loaded from the folder of the running kernel’s release. After an upgrade some distributions remove the old one at once.',
    causes: {
      'kernel-upgraded': {
        means: 'The kernel was upgraded and the host not rebooted since: its modules are gone.',
        fix: 'Reboot.',
      },
      'kernel-without-modules': {
        means:
          'No module was ever loaded into the running kernel (/proc/modules is empty or not there), none is installed for it, and KVM is not built in.',
        fix: 'Start a kernel that has KVM; build your own with CONFIG_KVM_INTEL or CONFIG_KVM_AMD, and install its modules.',
      },
      'modules-elsewhere': {
        means:
          'The trees in /lib/modules are of other kinds of kernels than the one that runs (its release names another flavour): a root file system that another kernel was started with, or a chroot. An upgrade leaves a kernel of the same kind.',
        fix: 'Load the module in the system that the kernel belongs to; install the modules of a kernel that you built.',
      },
    },
  },
  'kmod.loaded': {
    about:
      'kvm_intel or kvm_amd makes /dev/kvm. Modules that are built in are in no table of modules and show in /sys/module only; names are compared whole.',
    causes: {
      'module-not-loaded': {
        means: 'The processor can do it, but nobody loaded the module.',
        fix: 'doctor --fix loads it (modprobe) and has it loaded at every boot (/etc/modules-load.d). In WSL without systemd: systemd=true, or command=modprobe kvm_intel, below [boot] in /etc/wsl.conf.',
      },
      'loading-disabled': {
        means:
          'kernel.modules_disabled is 1: the kernel takes no module until the next boot, whoever asks. The line of sysctl.d that sets it is named.',
        fix: 'Name the module in /etc/modules-load.d, which counts before that setting, and reboot.',
      },
    },
  },
};
