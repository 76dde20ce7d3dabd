import type { Explanation } from './cause-explanation.ts';

const install =
  'utopia doctor --for WORK --fix installs the packages of Debian, Ubuntu, Fedora, Arch and openSUSE; elsewhere their names are printed.';

export const workExplanations: Readonly<Record<string, Explanation>> = {
  'build.compiler': {
    about:
      'Looked at with --for kernel, qemu or module. The compiler is asked for a header of the C library: a gcc without it cannot build a program.',
    causes: {
      'compiler-missing': {
        means: 'gcc, make or the headers of the C library are missing.',
        fix: install,
      },
    },
  },
  'kernel.programs': {
    about: 'Looked at with --for kernel: what every build of a kernel runs.',
    causes: {
      'kernel-programs-missing': {
        means: 'A program is missing without which a build ends with an error.',
        fix: install,
      },
    },
  },
  'kernel.libs': {
    about:
      'Looked at with --for kernel. The compiler is asked whether it finds a header of each library.',
    causes: {
      'kernel-libs-missing': {
        means: 'The headers of libelf or OpenSSL are missing.',
        fix: `${install} A kernel without the ORC unwinder and signed modules is built without them.`,
      },
    },
  },
  'kernel.menu': {
    about: 'Looked at with --for kernel.',
    causes: {
      'kernel-menu-missing': {
        means: 'The headers of ncurses are missing: make menuconfig cannot draw its menu.',
        fix: install,
      },
    },
  },
  'kernel.extras': {
    about: 'Looked at with --for kernel: what some configurations and some steps need.',
    causes: {
      'kernel-extras-missing': {
        means: 'git, python3, pahole, cpio or rsync is missing.',
        fix: install,
      },
    },
  },
  'qemu.build': {
    about: 'Looked at with --for qemu: what configure and make of QEMU run.',
    causes: {
      'qemu-programs-missing': {
        means:
          'ninja, pkg-config, python3 or its module ensurepip (Debian’s package python3-venv) is missing.',
        fix: install,
      },
    },
  },
  'qemu.libs': {
    about: 'Looked at with --for qemu. pkg-config is asked for each library.',
    causes: {
      'qemu-libs-missing': {
        means: 'GLib, pixman or zlib is missing, or what programs are built with.',
        fix: install,
      },
    },
  },
  'qemu.slirp': {
    about: 'Looked at with --for qemu: the library of -netdev user, the network of the machine.',
    causes: {
      'slirp-missing': {
        means: 'libslirp is missing, or what programs are built with.',
        fix: install,
      },
    },
  },
  'qemu.virtfs': {
    about: 'Looked at with --for qemu: the libraries of the 9p share.',
    causes: {
      'virtfs-missing': {
        means: 'libcap-ng or the headers of libattr are missing.',
        fix: install,
      },
    },
  },
  'module.headers': {
    about:
      'Looked at with --for module: the kernels for which a module can be built outside the guest.',
    causes: {},
  },
  'image.tools': {
    about: 'Looked at with --for image: what utopia image build would refuse to start without.',
    causes: {
      'image-tools-missing': {
        means: 'A program, or the keyring that Debian’s packages are checked against, is missing.',
        fix: install,
      },
    },
  },
};
