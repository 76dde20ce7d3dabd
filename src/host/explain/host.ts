import type { Explanation } from './cause-explanation.ts';

export const hostExplanations: Readonly<Record<string, Explanation>> = {
  'host.arch': {
    about:
      "The lab's guest is an x86-64 machine. Only an x86-64 processor can run it with KVM; any other can emulate it.",
    causes: {
      'foreign-arch': {
        means:
          'The processor is of another architecture, such as ARM: a Mac with an Apple processor (also where Rosetta translates, and /proc/cpuinfo says VirtualApple), a phone, an ARM machine of a cloud.',
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
        fix: 'Run it as yourself. doctor --fix asks for sudo where it needs it, or for root’s password through su. Run through sudo, it adds to group kvm who ran sudo, not root.',
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
      'In a container, devices and groups are given from outside, and modules are the host’s: every fix about KVM is made there. A marker file alone does not count, since images that were turned into machines keep it; a root or a /dev that no kernel boots with has to be there, too. A user namespace, a chroot and Flatpak show by themselves. What made the container decides what is told about KVM: Docker, Podman (with root or without), Toolbx, Distrobox, Apptainer, Flatpak, Firejail, Kubernetes, LXC, LXD, Incus, Proxmox, systemd-nspawn, the container of ChromeOS, development containers, Codespaces, Gitpod, and the containers of GitHub, GitLab and Gitea jobs.',
    causes: {},
  },
  'host.nested': {
    about:
      'In a virtual machine the hypervisor outside decides whether KVM can be used: what it does not pass on cannot be switched on in here.',
    causes: {},
  },
  'host.cpus': {
    about:
      'A control group may limit the processor time of everything in it (Docker --cpus, limits.cpu of a pod, CPUQuota= of systemd), in version 1 and 2 of control groups.',
    causes: {
      'cpu-quota': {
        means: 'Less than the time of one processor: a guest is stopped most of the time.',
        fix: 'Raise the limit where it is set; the file that holds it is named.',
      },
    },
  },
  'host.userns': {
    about:
      'Without root an image is built in a user namespace, and a shared folder of your own is opened for the guest through one. The settings of the kernel, Debian and Ubuntu (AppArmor) that restrict them are read; where one does, a namespace is tried.',
    causes: {
      'userns-restricted': {
        means: 'Users without root cannot make one, and there is no image yet.',
        fix: 'Build the image as root, once (sudo utopia image build -o FILE), or fetch one; or allow them: sysctl kernel.apparmor_restrict_unprivileged_userns=0 (Ubuntu), kernel.unprivileged_userns_clone=1 (old Debian), user.max_user_namespaces=15000.',
      },
    },
  },
};
