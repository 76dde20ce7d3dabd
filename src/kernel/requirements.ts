/** What is there of an option in a config. */
export type Have = 'y' | 'm' | 'missing';

/**
 * What it costs the boot:
 * `stops`: the machine does not come to SSH, with an initramfs or without;
 * `initramfs`: the module has to be there before the disk is, or no image has it: an initramfs, or
 * the modules of a build, bring it;
 * `feature`: the machine comes up, and lacks something.
 */
export type Cost = 'stops' | 'initramfs' | 'feature';

export interface Consequence {
  readonly cost: Cost;
  /** What stands on the console, or what cannot be done: half a sentence behind "will not boot:". */
  readonly headline?: string;
  /** A sentence. */
  readonly effect: string;
}

/** An option that the machine needs, or that the lab uses. */
export interface Requirement {
  /** Without CONFIG_. */
  readonly option: string;
  readonly want: 'y' | 'y|m';
  readonly missing: Consequence;
  /** As a module, where `want` is `y`. */
  readonly module?: Consequence;
  /** Where menuconfig has it. */
  readonly menu: string;
  /** The option is younger: a kernel before this version does without. */
  readonly since?: readonly [number, number];
  /** The option is older: this version and those behind it have no such option. */
  readonly until?: readonly [number, number];
}

const vfs = 'VFS: Unable to mount root fs';
const noInit = 'No working init found';
const frozen = 'systemd stops';
const silent = 'SSH never answers';
const noShare =
  'The shared folder cannot be mounted: /home/user/shared stays empty, and utopia run has no folder to run in.';

const processor = 'Processor type and features';
const general = 'General setup';
const expert = `${general} > Configure standard kernel features (expert users)`;
const drivers = 'Device Drivers';
const network = `${drivers} > Network device support`;
const networking = 'Networking support';
const files = 'File systems';
const characters = `${drivers} > Character devices`;
const serial = `${characters} > Serial drivers`;
const hacking = 'Kernel hacking';
const virtio = `${drivers} > Virtio drivers`;

/** The disk cannot be read: the same panic, whichever part of the way to it is missing. */
function needsForRoot(option: string, what: string, menu: string): Requirement {
  return {
    option,
    want: 'y',
    menu,
    missing: {
      cost: 'stops',
      headline: vfs,
      effect: `The kernel panics: "${vfs}". ${what} An initramfs does not help.`,
    },
    module: {
      cost: 'initramfs',
      headline: vfs,
      effect: `Without an initramfs the kernel panics: "${vfs}". The module lies on the disk that it is needed for.`,
    },
  };
}

/** systemd cannot do without it. */
function needsForInit(
  option: string,
  effect: string,
  menu: string,
  rest: Pick<Requirement, 'since' | 'until' | 'module'> = {},
): Requirement {
  return {
    option,
    want: 'y',
    menu,
    missing: { cost: 'stops', headline: frozen, effect },
    ...rest,
  };
}

/** Without it there is no way to SSH. */
function needsForSsh(option: string, what: string, menu: string): Requirement {
  return {
    option,
    want: 'y',
    menu,
    missing: {
      cost: 'stops',
      headline: silent,
      effect: `The guest comes up without a network, and SSH never answers: ${what}`,
    },
    module: {
      cost: 'initramfs',
      headline: silent,
      effect: `With the bzImage alone the guest comes up without a network, and SSH never answers. An initramfs brings the module, or the modules of a build of utopia kernel build.`,
    },
  };
}

/** The machine comes up, and lacks something. */
function uses(
  option: string,
  want: Requirement['want'],
  effect: string,
  menu: string,
  rest: Pick<Requirement, 'since' | 'until'> = {},
): Requirement {
  const cost = 'feature';
  const module = { cost, effect: `As a module it comes too late: ${lower(effect)}` } as const;
  return {
    option,
    want,
    menu,
    missing: { cost, effect },
    ...(want === 'y' ? { module } : {}),
    ...rest,
  };
}

function lower(sentence: string): string {
  return sentence.charAt(0).toLowerCase() + sentence.slice(1);
}

/** What a kernel needs to boot the lab's images, in the order of a boot; then what the lab uses. */
export const requirements: readonly Requirement[] = [
  needsForRoot('BLOCK', 'There are no disks without it.', 'Enable the block layer'),
  needsForRoot('PCI', 'The disk is a PCI device.', `${drivers} > PCI support`),
  needsForRoot(
    'VIRTIO_PCI',
    'The disk is a virtio device on PCI.',
    `${virtio} > PCI driver for virtio devices`,
  ),
  needsForRoot(
    'VIRTIO_BLK',
    'The disk, /dev/vda, is a virtio one.',
    `${drivers} > Block devices > Virtio block driver`,
  ),
  needsForRoot(
    'MSDOS_PARTITION',
    'There is no /dev/vda1 without it: the disk has a DOS label.',
    'Enable the block layer > Partition Types > PC BIOS (MSDOS partition tables) support',
  ),
  needsForRoot(
    'EXT4_FS',
    'The root file system is ext4.',
    `${files} > The Extended 4 (ext4) filesystem`,
  ),
  {
    option: 'BLK_DEV_INITRD',
    want: 'y',
    menu: `${general} > Initial RAM filesystem and RAM disk (initramfs/initrd) support`,
    missing: { cost: 'feature', effect: 'An initramfs given to this kernel is ignored.' },
  },
  {
    option: '64BIT',
    want: 'y',
    menu: '64-bit kernel',
    missing: {
      cost: 'stops',
      headline: noInit,
      effect: `The kernel panics: "${noInit}" or "Requested init failed (error -8)". A kernel of 32 bits runs no program of an x86-64 image.`,
    },
  },
  {
    option: 'BINFMT_ELF',
    want: 'y',
    menu: 'Executable file formats > Kernel support for ELF binaries',
    missing: {
      cost: 'stops',
      headline: noInit,
      effect: `The kernel panics: "${noInit}" or "Requested init failed (error -8)". It runs no program of the image.`,
    },
  },
  {
    option: 'BINFMT_SCRIPT',
    want: 'y',
    menu: 'Executable file formats > Kernel support for scripts starting with #!',
    since: [3, 10],
    missing: {
      cost: 'feature',
      effect:
        'No script that starts with #! runs in the guest, nor an initramfs whose /init is one.',
    },
    module: {
      cost: 'feature',
      effect: 'An initramfs whose /init is a script starting with #! does not run.',
    },
  },
  needsForInit(
    'DEVTMPFS',
    'systemd stops at once: "Failed to mount devtmpfs at /dev". The image has no device files of its own.',
    `${drivers} > Generic Driver Options > Maintain a devtmpfs filesystem to mount at /dev`,
  ),
  uses(
    'DEVTMPFS_MOUNT',
    'y',
    'Without an initramfs the kernel has no console for the first program ("unable to open an initial console"), until systemd mounts /dev.',
    `${drivers} > Generic Driver Options > Automount devtmpfs at /dev, after the kernel mounted the rootfs`,
  ),
  needsForInit(
    'PROC_FS',
    'systemd stops at once: "Failed to mount proc at /proc".',
    `${files} > Pseudo filesystems > /proc file system support`,
  ),
  needsForInit(
    'SYSFS',
    'systemd stops at once: "Failed to mount sysfs at /sys".',
    `${files} > Pseudo filesystems > sysfs file system support`,
  ),
  needsForInit(
    'TMPFS',
    'systemd stops at once: "Failed to mount tmpfs".',
    `${files} > Pseudo filesystems > Tmpfs virtual memory file system support (former shm fs)`,
  ),
  needsForInit(
    'CGROUPS',
    'systemd stops: "Failed to mount cgroup" or "Failed to allocate manager object", and "Freezing execution".',
    `${general} > Control Group support`,
  ),
  needsForInit(
    'EPOLL',
    'systemd stops: "Failed to allocate manager object: Function not implemented".',
    `${expert} > Enable eventpoll support`,
  ),
  needsForInit(
    'SIGNALFD',
    'systemd stops: "Failed to allocate manager object: Function not implemented".',
    `${expert} > Enable signalfd() system call`,
  ),
  needsForInit(
    'TIMERFD',
    'systemd stops: "Failed to allocate manager object: Function not implemented".',
    `${expert} > Enable timerfd() system call`,
  ),
  needsForInit(
    'EVENTFD',
    'Services that wait by eventfd fail, among them those of the network.',
    `${expert} > Enable eventfd() system call`,
  ),
  needsForInit(
    'INOTIFY_USER',
    'systemd stops: "Failed to allocate manager object: Function not implemented".',
    `${files} > Inotify support for userspace`,
  ),
  needsForInit(
    'FUTEX',
    'The first program that has threads ends: "The futex facility returned an unexpected error code".',
    `${expert} > Enable futex support`,
  ),
  needsForInit(
    'MULTIUSER',
    'No service starts that has an account of its own, among them those of the network: SSH never answers.',
    `${general} > Multiple users, groups and capabilities support`,
    { since: [4, 1] },
  ),
  needsForInit(
    'UNIX',
    'systemd stops: "Failed to allocate notification socket: Address family not supported".',
    `${networking} > Networking options > Unix domain sockets`,
    {
      module: {
        cost: 'initramfs',
        headline: frozen,
        effect:
          'systemd stops: "Failed to allocate notification socket". An initramfs brings the module, or the modules of a build of utopia kernel build.',
      },
    },
  ),
  needsForSsh('NET', 'it has no networking at all.', networking),
  needsForSsh(
    'INET',
    'it has no TCP/IP.',
    `${networking} > Networking options > TCP/IP networking`,
  ),
  needsForSsh(
    'PACKET',
    'asking for an address by DHCP needs packet sockets.',
    `${networking} > Networking options > Packet socket`,
  ),
  needsForSsh('NETDEVICES', 'it has no network cards.', network),
  needsForSsh('NET_CORE', 'it has no network cards.', `${network} > Network core driver support`),
  needsForSsh(
    'VIRTIO_NET',
    'the network card is a virtio one.',
    `${network} > Virtio network driver`,
  ),
  uses(
    'PRINTK',
    'y',
    'The kernel prints nothing: no boot messages, no dmesg, no oops.',
    `${expert} > Enable support for printk`,
  ),
  uses(
    'TTY',
    'y',
    'The guest has no console and no terminals: neither utopia console nor a shell by utopia ssh.',
    `${characters} > Enable TTY`,
    { since: [3, 9] },
  ),
  uses(
    'SERIAL_8250',
    'y',
    'The serial console stays empty: utopia logs and utopia console show nothing, and nothing of a panic is seen.',
    `${serial} > 8250/16550 and compatible serial support`,
  ),
  uses(
    'SERIAL_8250_CONSOLE',
    'y',
    'The serial console stays empty: utopia logs shows no kernel message, and nothing of a panic is seen.',
    `${serial} > Console on 8250/16550 and compatible serial port`,
  ),
  uses(
    'UNIX98_PTYS',
    'y',
    'utopia ssh gets no terminal: "PTY allocation request failed".',
    `${characters} > Unix98 PTY support`,
  ),
  uses(
    'ACPI',
    'y',
    'utopia down cannot power the guest off by its power button, and only one processor may be used.',
    'Power management and ACPI options > ACPI (Advanced Configuration and Power Interface) Support',
  ),
  uses(
    'ACPI_BUTTON',
    'y|m',
    'utopia down cannot power the guest off by its power button.',
    'Power management and ACPI options > ACPI (Advanced Configuration and Power Interface) Support > Button',
  ),
  uses(
    'INPUT_EVDEV',
    'y|m',
    'systemd does not hear the power button that utopia down presses.',
    `${drivers} > Input device support > Event interface`,
  ),
  uses(
    'SMP',
    'y',
    'The guest uses one processor, whatever UTOPIA_CPUS says.',
    `${processor} > Symmetric multi-processing support`,
  ),
  uses(
    'MODULES',
    'y',
    'No module can be inserted: neither yours nor those of this kernel.',
    'Enable loadable module support',
  ),
  uses(
    'MODULE_UNLOAD',
    'y',
    'rmmod does not work: each try of a module costs a boot.',
    'Enable loadable module support > Module unloading',
  ),
  uses(
    'KALLSYMS',
    'y',
    'An oops shows addresses without the names of functions.',
    `${expert} > Load all symbols for debugging/ksymoops`,
  ),
  uses(
    'FHANDLE',
    'y',
    'Parts of systemd and udev that find files by handle do not work.',
    `${general} > open by fhandle syscalls`,
  ),
  uses(
    'POSIX_TIMERS',
    'y',
    'Programs that use timers of POSIX fail: alarm(2), timer_create(2).',
    `${expert} > Posix Clocks & timers`,
    { since: [4, 10] },
  ),
  uses(
    'FILE_LOCKING',
    'y',
    'flock(2) and fcntl(2) lock nothing: apt and other programs refuse to work.',
    `${expert} > Enable POSIX file locking API`,
  ),
  uses(
    'NET_9P_VIRTIO',
    'y|m',
    noShare,
    `${networking} > Plan 9 Resource Sharing Support (9P2000) > 9P Virtio Transport`,
  ),
  uses(
    '9P_FS',
    'y|m',
    noShare,
    `${files} > Network File Systems > Plan 9 Resource Sharing Support (9P2000)`,
  ),
  {
    // systemd asks for the module before anything else, when a bzImage alone has none.
    option: 'AUTOFS_FS',
    want: 'y',
    since: [4, 18],
    menu: `${files} > Kernel automounter support (supports v3, v4 and v5)`,
    missing: {
      cost: 'feature',
      effect:
        'The shared folder is not mounted by itself: /home/user/shared stays empty until it is mounted by hand.',
    },
    module: {
      cost: 'feature',
      effect:
        'With the bzImage alone the shared folder is not mounted by itself; the modules of a build, or an initramfs, bring it.',
    },
  },
  uses(
    'VIRTIO_CONSOLE',
    'y|m',
    "utopia's agent has no port: utopia run and warm bases cannot use it, and take SSH or fail.",
    `${characters} > Virtio console`,
  ),
  uses(
    'HW_RANDOM_VIRTIO',
    'y|m',
    'The guest gets no random numbers from this host; a kernel before 5.4 may let SSH wait for minutes.',
    `${characters} > Hardware Random Number Generator Core support > VirtIO Random Number Generator support`,
  ),
  uses(
    'VIRTIO_BALLOON',
    'y|m',
    'The guest cannot give memory back to this host.',
    `${virtio} > Virtio balloon driver`,
  ),
  uses(
    'VHOST_NET',
    'y|m',
    'The guest has no vhost-net, which the lab guide asks for.',
    `${drivers} > VHOST drivers > Host kernel accelerator for virtio net`,
  ),
  uses(
    'FUSE_FS',
    'y|m',
    'sshfs and other file systems of FUSE do not work in the guest.',
    `${files} > FUSE (Filesystem in Userspace) support`,
  ),
  uses(
    'OVERLAY_FS',
    'y|m',
    'Nothing can be mounted as an overlay in the guest: containers, and some shares of utopia run.',
    `${files} > Overlay filesystem support`,
  ),
  uses(
    'HYPERVISOR_GUEST',
    'y',
    'The kernel does not know that it runs in a machine of KVM: its clock and locks are slower.',
    `${processor} > Linux guest support`,
    { since: [3, 10] },
  ),
  uses(
    'PARAVIRT',
    'y',
    'The kernel does not know that it runs in a machine of KVM: its clock and locks are slower.',
    `${processor} > Linux guest support > Enable paravirtualization code`,
  ),
  uses(
    'PARAVIRT_SPINLOCKS',
    'y',
    'With KVM and several processors, waiting for a lock costs more time.',
    `${processor} > Linux guest support > Paravirtualization layer for spinlocks`,
  ),
  uses(
    'KVM_GUEST',
    'y',
    'The guest has no kvmclock: with KVM its clock is slower to read, and may drift.',
    `${processor} > Linux guest support > KVM Guest support (including kvmclock)`,
  ),
  uses(
    // udev takes the slot's number from /sys/bus/pci/slots, which this driver fills.
    'HOTPLUG_PCI_ACPI',
    'y',
    'The network card is enp0s3 instead of ens3: an image that names ens3 in its settings, as the course images do, has no network, and SSH never answers.',
    `${drivers} > PCI support > Support for PCI Hotplug > ACPI PCI Hotplug driver`,
  ),
  uses(
    'PVPANIC',
    'y',
    'QEMU is not told of a panic: utopia finds it by the console alone.',
    `${drivers} > Misc devices > pvpanic device support`,
    { since: [5, 12] },
  ),
  uses(
    'MAGIC_SYSRQ',
    'y',
    'utopia sysrq has no effect.',
    `${hacking} > Generic Kernel Debugging Instruments > Magic SysRq key`,
  ),
];
