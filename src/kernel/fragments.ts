import { UtopiaError } from '../errors.ts';
import { fragmentLine, parseFragment } from './config-text.ts';

/** Options that are put over a base by name. */
export interface KernelFragment {
  readonly name: string;
  /** What it is for, and what it costs. */
  readonly about: string;
  /** As the file of a fragment has them. */
  readonly text: string;
}

/** One line for each option; `n` clears it. */
function lines(value: string, options: string): string {
  return options
    .trim()
    .split(/\s+/)
    .map((option) => `${fragmentLine(option, value)}\n`)
    .join('');
}

/** tinyconfig hides options from whoever is no expert: those come back with their defaults. */
export const tinyFragment: KernelFragment = {
  name: 'tiny',
  about: 'what tinyconfig takes away from every kernel comes back',
  text: lines('n', 'EXPERT EMBEDDED'),
};

/** What boots the lab's images in utopia's machine, and what the lab uses. */
export const machineFragment: KernelFragment = {
  name: 'machine',
  about:
    "virtio disk, network, console and entropy, ext4, serial console, KVM's guest support, debugging",
  text: [
    // A kernel of 64 bits that runs a distribution.
    lines(
      'y',
      '64BIT SMP PRINTK PRINTK_TIME BUG MULTIUSER SYSVIPC POSIX_MQUEUE FUTEX EPOLL SIGNALFD TIMERFD EVENTFD AIO IO_URING ADVISE_SYSCALLS MEMBARRIER POSIX_TIMERS FILE_LOCKING FHANDLE INOTIFY_USER FANOTIFY BINFMT_ELF BINFMT_SCRIPT BINFMT_MISC COREDUMP ELF_CORE HIGH_RES_TIMERS NO_HZ_IDLE KEYS CRYPTO',
    ),
    // systemd.
    lines(
      'y',
      'CGROUPS MEMCG CGROUP_PIDS CGROUP_SCHED FAIR_GROUP_SCHED CGROUP_FREEZER CPUSETS CGROUP_DEVICE CGROUP_CPUACCT NAMESPACES UTS_NS IPC_NS PID_NS NET_NS USER_NS SECCOMP SECCOMP_FILTER BPF_SYSCALL CGROUP_BPF DMI DMIID',
    ),
    lines('y', 'BLK_DEV_INITRD RD_GZIP RD_XZ RD_ZSTD MODULES MODULE_UNLOAD STANDALONE FW_LOADER'),
    // The machine.
    lines(
      'y',
      'ACPI ACPI_BUTTON PCI PCI_MSI HOTPLUG_PCI HOTPLUG_PCI_ACPI RTC_CLASS RTC_DRV_CMOS INPUT INPUT_EVDEV INPUT_KEYBOARD KEYBOARD_ATKBD SERIO SERIO_I8042',
    ),
    lines(
      'y',
      'TTY VT VT_CONSOLE VGA_CONSOLE UNIX98_PTYS SERIAL_8250 SERIAL_8250_CONSOLE SERIAL_8250_PNP SERIAL_EARLYCON EARLY_PRINTK X86_VERBOSE_BOOTUP',
    ),
    lines('y', 'HYPERVISOR_GUEST PARAVIRT PARAVIRT_SPINLOCKS KVM_GUEST PARAVIRT_CLOCK'),
    lines(
      'y',
      'VIRTIO_MENU VIRTIO_PCI VIRTIO_PCI_LEGACY BLK_DEV VIRTIO_BLK VIRTIO_NET VIRTIO_CONSOLE VIRTIO_BALLOON VIRTIO_INPUT HW_RANDOM HW_RANDOM_VIRTIO SCSI BLK_DEV_SD SCSI_LOWLEVEL SCSI_VIRTIO',
    ),
    lines('y', 'PVPANIC PVPANIC_PCI FW_CFG_SYSFS CRASH_DUMP KEXEC'),
    lines('m', 'PVPANIC_MMIO'),
    // Network.
    lines('y', 'NET PACKET UNIX INET IPV6 NETDEVICES NET_CORE NET_9P NET_9P_VIRTIO VHOST_MENU'),
    lines('m', 'VSOCKETS VIRTIO_VSOCKETS TUN VHOST_NET DUMMY'),
    // File systems.
    lines(
      'y',
      'BLOCK PARTITION_ADVANCED MSDOS_PARTITION EFI_PARTITION DEVTMPFS DEVTMPFS_MOUNT EXT4_FS EXT4_USE_FOR_EXT2 EXT4_FS_POSIX_ACL FS_POSIX_ACL FUSE_FS VIRTIO_FS OVERLAY_FS AUTOFS_FS PROC_FS PROC_SYSCTL PROC_KCORE SYSFS SHMEM TMPFS TMPFS_POSIX_ACL TMPFS_XATTR CONFIGFS_FS MISC_FILESYSTEMS NETWORK_FILESYSTEMS 9P_FS 9P_FS_POSIX_ACL JOLIET',
    ),
    lines('m', 'PSTORE ISO9660_FS VFAT_FS NLS_CODEPAGE_437 NLS_ISO8859_1 BLK_DEV_LOOP'),
    // To find faults.
    lines(
      'y',
      'KALLSYMS KALLSYMS_ALL IKCONFIG IKCONFIG_PROC DEBUG_KERNEL DEBUG_FS MAGIC_SYSRQ UNWINDER_ORC DEBUG_INFO DEBUG_INFO_DWARF_TOOLCHAIN_DEFAULT GDB_SCRIPTS',
    ),
  ].join(''),
};

/** What `--with` takes, each for one purpose. */
export const namedFragments: readonly KernelFragment[] = [
  {
    name: 'kasan',
    about:
      'finds use after free and accesses out of bounds; slower by half, an eighth of the memory more',
    text: lines('y', 'KASAN KASAN_GENERIC KASAN_OUTLINE KASAN_VMALLOC STACKTRACE SLUB_DEBUG'),
  },
  {
    name: 'kmemleak',
    about: 'finds memory that nobody frees: /sys/kernel/debug/kmemleak',
    text:
      lines('y', 'DEBUG_KERNEL DEBUG_FS DEBUG_KMEMLEAK') +
      lines('n', 'DEBUG_KMEMLEAK_DEFAULT_OFF') +
      lines('16000', 'DEBUG_KMEMLEAK_MEM_POOL_SIZE'),
  },
  {
    name: 'lockdep',
    about:
      'finds deadlocks before they happen, sleeping in atomic context, hung tasks and lock-ups',
    text: lines(
      'y',
      'DEBUG_KERNEL PROVE_LOCKING DEBUG_ATOMIC_SLEEP DEBUG_SPINLOCK DEBUG_MUTEXES DETECT_HUNG_TASK SOFTLOCKUP_DETECTOR WQ_WATCHDOG',
    ),
  },
  {
    name: 'ubsan',
    about: 'finds undefined behaviour of C: indices and shifts out of range',
    text:
      lines('y', 'UBSAN UBSAN_BOUNDS UBSAN_SHIFT UBSAN_SANITIZE_ALL') + lines('n', 'UBSAN_TRAP'),
  },
  {
    name: 'kcsan',
    about: 'finds data races; not together with kasan, and slow',
    text: lines('y', 'DEBUG_KERNEL KCSAN KCSAN_EARLY_ENABLE'),
  },
  {
    name: 'gcov',
    about: 'counts which lines ran: /sys/kernel/debug/gcov',
    text: lines('y', 'DEBUG_FS GCOV_KERNEL GCOV_PROFILE_ALL'),
  },
  {
    name: 'debug',
    about: 'checks lists, memory and references while it runs; dynamic debugging',
    text: lines(
      'y',
      'DEBUG_KERNEL DEBUG_LIST DEBUG_PLIST DEBUG_SG BUG_ON_DATA_CORRUPTION SLUB_DEBUG SLUB_DEBUG_ON PAGE_EXTENSION PAGE_POISONING DEBUG_OBJECTS DEBUG_OBJECTS_FREE DEBUG_STACK_USAGE SCHED_STACK_END_CHECK DYNAMIC_DEBUG',
    ),
  },
  {
    name: 'trace',
    about: 'ftrace, kprobes and events: /sys/kernel/tracing, perf, bpftrace',
    text: lines(
      'y',
      'FTRACE FUNCTION_TRACER FUNCTION_GRAPH_TRACER DYNAMIC_FTRACE SCHED_TRACER FTRACE_SYSCALLS KPROBES KPROBE_EVENTS UPROBE_EVENTS PERF_EVENTS BPF_EVENTS STACK_TRACER',
    ),
  },
  {
    name: 'faults',
    about: 'makes kmalloc, page allocation and disk requests fail when asked to',
    text: lines(
      'y',
      'DEBUG_KERNEL DEBUG_FS FAULT_INJECTION FAULT_INJECTION_DEBUG_FS FAILSLAB FAIL_PAGE_ALLOC FAIL_MAKE_REQUEST FAIL_FUTEX FAULT_INJECTION_STACKTRACE_FILTER',
    ),
  },
  {
    name: 'kunit',
    about: "the kernel's unit tests, as modules: `utopia test --kunit`",
    text:
      lines('y', 'DEBUG_KERNEL RUNTIME_TESTING_MENU') +
      lines('m', 'KUNIT KUNIT_TEST LIST_KUNIT_TEST SYSCTL_KUNIT_TEST') +
      // A test of Linux 6.11 that crashes on purpose: the kernel is not what it was behind it.
      lines('n', 'KUNIT_FAULT_TEST'),
  },
  {
    name: 'kgdb',
    about: "the kernel's own debugger on the serial console",
    text: lines('y', 'DEBUG_KERNEL MAGIC_SYSRQ KGDB KGDB_SERIAL_CONSOLE KGDB_KDB'),
  },
  {
    name: 'rust',
    about:
      'modules in Rust, with its samples; Linux 6.1 or later, and the compiler of that version',
    text:
      lines('n', 'MODVERSIONS GCC_PLUGINS RANDSTRUCT DEBUG_INFO_BTF') +
      lines('y', 'RUST SAMPLES SAMPLES_RUST') +
      lines('m', 'SAMPLE_RUST_MINIMAL'),
  },
];

export function findFragment(name: string): KernelFragment | undefined {
  return namedFragments.find((each) => each.name === name);
}

/** The fragment that a name of `--with` means. Throws `usage`. */
export function readFragmentName(text: string): KernelFragment {
  const fragment = findFragment(text.trim());
  if (fragment !== undefined) return fragment;
  throw new UtopiaError('usage', `--with ${text}: there is no fragment of this name.`, {
    hint: `There are: ${namedFragments.map(({ name }) => name).join(', ')}. A file of your own: --fragment FILE`,
  });
}

/** `OPTION=VALUE` or `CONFIG_OPTION=VALUE`; text gets its quotes. Throws `usage`. */
export function readSetting(text: string): readonly [string, string] {
  const [, option, value] = /^(?:CONFIG_)?([A-Za-z0-9_]+)=([ -~]*)$/.exec(text) ?? [];
  const wrong = option === undefined || value === undefined;
  if (wrong || value === '') {
    throw new UtopiaError('usage', `--set ${text}: not of the form OPTION=VALUE.`, {
      hint: 'For example: --set KASAN=y --set LOG_BUF_SHIFT=18 --set LOCALVERSION=-mine',
    });
  }
  const plain = /^(?:[ymn]|-?\d+|0[xX][\da-fA-F]+|".*")$/.test(value);
  return [option, plain ? value : `"${value.replaceAll(/(["\\])/g, String.raw`\$1`)}"`];
}

/** What several fragments ask for; of an option that several name the last one counts. */
export function wantedOptions(texts: readonly string[]): ReadonlyMap<string, string> {
  return new Map(texts.flatMap((text) => [...parseFragment(text)]));
}
