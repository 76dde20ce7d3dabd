import {
  frozen,
  needsForRoot,
  needsForInit,
  needsForSsh,
  uses,
  type Requirement,
} from './requirement-kinds.ts';
import {
  general,
  expert,
  drivers,
  network,
  networking,
  files,
  virtio,
} from './requirement-menus.ts';

const noInit = 'No working init found';

/** What a kernel needs to boot the lab's images, in the order of a boot. */
export const bootRequirements: readonly Requirement[] = [
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
];
