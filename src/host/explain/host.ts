import type { Explanation } from './types.ts';

export const hostExplanations: Readonly<Record<string, Explanation>> = {
  'host.arch': {
    about:
      "The lab's guest is an x86-64 machine. Only an x86-64 processor can run it with KVM; any other can emulate it.",
    causes: {
      'foreign-arch': {
        means: 'The processor is of another architecture, such as ARM.',
        fix: 'Labs run, slowly. For speed, work on an x86-64 computer, over ssh if need be.',
      },
    },
  },
  'host.root': {
    about:
      'A guest that breaks out of QEMU has the rights of whoever started it. Nothing that utopia does with a machine needs root.',
    causes: {
      'running-as-root': {
        means: 'utopia was started by root, or through sudo.',
        fix: 'Run it as yourself. doctor --fix asks for sudo where it needs it. Run through sudo, it adds to group kvm who ran sudo, not root.',
      },
    },
  },
  'host.wsl': {
    about:
      'WSL 1 translates system calls and has no Linux kernel; WSL 2 runs one, in which KVM works where Windows allows nesting.',
    causes: {
      wsl1: {
        means: 'This distribution runs under WSL 1: no virtual machine can run in it.',
        fix: 'In Windows: wsl.exe --set-version NAME 2 (wsl.exe -l -v shows the name).',
      },
    },
  },
  'host.container': {
    about:
      'In a container, devices and groups are given from outside, and modules are the host’s: every fix about KVM is made there. A marker file alone does not count, since images that were turned into machines keep it; a root or a /dev that no kernel boots with has to be there, too.',
    causes: {},
  },
  'host.nested': {
    about:
      'In a virtual machine the hypervisor outside decides whether KVM can be used: what it does not pass on cannot be switched on in here.',
    causes: {},
  },
};
