import {
  info,
  pass,
  unknown,
  type Check,
  type CheckInput,
  type CheckStatus,
  type Finding,
} from '../check.ts';
import { installFix } from '../install-packages.ts';
import { listWords } from '../works.ts';

interface WorkCheck {
  readonly id: string;
  readonly title: string;
  readonly reads: string;
  readonly cause: string;
  /** What goes without is a warning. */
  readonly status: CheckStatus & ('fail' | 'warn');
  readonly why: string;
}

const tables: readonly WorkCheck[] = [
  {
    id: 'build.compiler',
    title: 'compiler and make',
    reads: 'gcc and make in PATH; gcc, for the header stdio.h',
    cause: 'compiler-missing',
    status: 'fail',
    why: 'Kernels, modules and QEMU are written in C and built by make.',
  },
  {
    id: 'kernel.programs',
    title: 'programs of a kernel build',
    reads:
      'flex, bison, bc, perl, xz, depmod and mke2fs in PATH and the folders of system programs',
    cause: 'kernel-programs-missing',
    status: 'fail',
    why: 'The build makes its parsers (flex, bison), tables (bc, perl) and lists of modules (depmod) with them; sources come packed by xz, and modules are kept in an ext4 image (mke2fs).',
  },
  {
    id: 'kernel.libs',
    title: 'libraries of a kernel build',
    reads: 'gcc, for the headers gelf.h and openssl/opensslv.h',
    cause: 'kernel-libs-missing',
    status: 'fail',
    why: 'objtool, which checks every object of an x86-64 kernel, needs libelf; signing modules needs OpenSSL.',
  },
  {
    id: 'kernel.menu',
    title: 'menu of kernel options',
    reads: 'gcc, for the header ncurses.h',
    cause: 'kernel-menu-missing',
    status: 'warn',
    why: 'make menuconfig draws its menu with ncurses; a build goes without.',
  },
  {
    id: 'kernel.extras',
    title: 'what some kernels need',
    reads: 'git, python3, pahole, cpio and rsync in PATH',
    cause: 'kernel-extras-missing',
    status: 'warn',
    why: 'git fetches and bisects; python3 writes compile_commands.json; pahole makes type information (CONFIG_DEBUG_INFO_BTF); cpio and rsync pack an initramfs and the headers.',
  },
  {
    id: 'qemu.build',
    title: 'programs of a QEMU build',
    reads: 'ninja, pkg-config and python3 in PATH; python3, for its module ensurepip',
    cause: 'qemu-programs-missing',
    status: 'fail',
    why: "QEMU's configure makes a Python environment with meson in it, asks pkg-config for libraries and has ninja build.",
  },
  {
    id: 'qemu.libs',
    title: 'libraries of a QEMU build',
    reads: 'pkg-config, for glib-2.0, pixman-1 and zlib',
    cause: 'qemu-libs-missing',
    status: 'fail',
    why: 'QEMU is not built without GLib and zlib, and shows no screen without pixman.',
  },
  {
    id: 'qemu.slirp',
    title: 'user network of a QEMU build',
    reads: 'pkg-config, for slirp',
    cause: 'slirp-missing',
    status: 'fail',
    why: 'From version 7.2 on QEMU has no slirp of its own: built without, it gives the machine no network and no ssh.',
  },
  {
    id: 'qemu.virtfs',
    title: '9p share of a QEMU build',
    reads: 'pkg-config, for libcap-ng; gcc, for the header attr/attributes.h',
    cause: 'virtfs-missing',
    status: 'warn',
    why: 'Older versions of QEMU build the 9p share (--enable-virtfs) with them.',
  },
];

export const workChecks: readonly Check[] = [
  ...tables.map(({ id, title, reads, cause, status, why }): Check => {
    const evaluate = (input: CheckInput): Finding =>
      evaluateNeeds(input, { id, cause, status, why });
    return { id, group: 'Work', title, reads, causes: [cause], evaluate };
  }),
  {
    id: 'module.headers',
    group: 'Work',
    title: "headers of a kernel's modules",
    reads: '/lib/modules/*/build/Makefile',
    causes: [],
    evaluate: evaluateHeaders,
  },
  {
    id: 'image.tools',
    group: 'Work',
    title: 'programs of an image build',
    reads:
      'mmdebstrap, mke2fs and, for users other than root, newuidmap in PATH and the folders of system programs; Debian’s keyring',
    causes: ['image-tools-missing'],
    evaluate: (input) =>
      evaluateNeeds(input, {
        id: 'image.tools',
        cause: 'image-tools-missing',
        status: 'fail',
        why: 'utopia image build makes a Debian with mmdebstrap and writes it with mke2fs.',
      }),
  },
];

const notAsked = 'not looked at: utopia doctor --for asks for it';

function evaluateNeeds(
  { facts: { work, machine } }: CheckInput,
  { id, cause, status, why }: Pick<WorkCheck, 'id' | 'cause' | 'status' | 'why'>,
): Finding {
  const finding = work?.findings.get(id);
  if (finding === undefined) return unknown(notAsked);
  const { missing, found: evidence } = finding;
  if (missing.length === 0) return pass('all there', evidence);
  const verb = missing.length > 1 || missing[0]?.name.includes('headers') ? 'are' : 'is';
  return {
    status,
    message: `${listWords(missing.map(({ name }) => name))} ${verb} missing`,
    cause,
    why,
    evidence,
    fix: installFix(
      machine.os,
      missing.map(({ tool }) => tool),
    ),
  };
}

/** Never a problem: the machine's kernel is another one than the host's. */
function evaluateHeaders({ facts: { work, machine } }: CheckInput): Finding {
  if (work === undefined) return unknown(notAsked);
  const { headers } = work;
  const evidence = [{ path: '/lib/modules/*/build', value: headers.join(', ') || 'none' }];
  if (machine.kernel !== undefined && headers.includes(machine.kernel)) {
    return pass(`of the running kernel, ${machine.kernel}`, evidence);
  }
  return info(headers.length === 0 ? 'of no kernel here' : `of ${listWords(headers)}`, {
    why: "A module fits the kernel that it is built for. utopia module build takes the headers of the machine's out of its image.",
    evidence,
  });
}
