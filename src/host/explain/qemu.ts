import type { Explanation } from './cause-explanation.ts';

export const qemuExplanations: Readonly<Record<string, Explanation>> = {
  'qemu.binary': {
    about:
      'A machine needs qemu-system-x86_64 and qemu-img. QEMU_BUILD_DIR names an install prefix, a build tree or the binary, and then nothing else is looked at.',
    causes: {
      'qemu-missing': {
        means: 'There is no QEMU in any of these places.',
        fix: 'doctor --fix installs the packages of Debian, Ubuntu, Fedora, Arch and openSUSE; elsewhere their names are printed.',
      },
      'not-executable': {
        means: 'The file is there, but may not be run by this user.',
        fix: 'Install QEMU again, or correct the permissions of your own build.',
      },
      'wrong-arch': {
        means: 'QEMU is there for guests of another architecture only.',
        fix: 'doctor --fix installs the one for x86.',
      },
      'qemu-img-missing': {
        means: 'QEMU is there, but qemu-img, which makes the private file, is not.',
        fix: 'doctor --fix installs it.',
      },
      'build-dir-empty': {
        means: 'QEMU_BUILD_DIR is set and holds no QEMU.',
        fix: 'Correct it, or take the line out of utopia.config.',
      },
      'consent-needed': {
        means:
          'QEMU lies in the folder of utopia.config, and may be part of what somebody else made; or others than its user and root can change it. It was not run, and what depends on that is not known.',
        fix: 'If you trust it: utopia devices --yes, once. One that others can change is never run: take their right away, or name another.',
      },
    },
  },
  'qemu.version': {
    about:
      'QEMU 5.2 (Debian 11) is the oldest that knows every option that a machine is started with.',
    causes: {
      'qemu-too-old': {
        means: 'This QEMU is older than that.',
        fix: 'Upgrade it, or build a newer one and name its prefix in QEMU_BUILD_DIR.',
      },
      'qemu-silent': {
        means: 'It does not tell its version: it hangs, crashes, or is no QEMU for this machine.',
        fix: 'Run it with --version and read what it says.',
      },
    },
  },
  'qemu.features': {
    about:
      'QEMU can be built without parts. This very binary is asked for what a machine needs: the 9p share, the user network, an accelerator.',
    causes: {
      'feature-missing': {
        means: 'It was built without a part that every machine uses.',
        fix: 'Configure it with --enable-virtfs --enable-slirp, or use the distribution’s.',
      },
      'qemu-without-kvm': {
        means: 'It was built without KVM: labs run under emulation.',
        fix: 'Configure it with --enable-kvm, or use the distribution’s.',
      },
    },
  },
  'qemu.runs': {
    about:
      'A guest of seven bytes has to end under emulation. It shows that QEMU, its libraries and its firmware are there.',
    causes: {
      'canary-failed': {
        means: 'QEMU ends before the guest does; its last line is shown.',
        fix: 'Install QEMU again, with its firmware (the package seabios), or correct QEMU_BUILD_DIR.',
      },
      hang: {
        means: 'QEMU starts, and the guest makes no progress.',
        fix: 'Install QEMU again; a host that is very busy may also need a second try.',
      },
    },
  },
};
