import { uses, type Requirement } from './requirement-kinds.ts';
import {
  processor,
  general,
  expert,
  drivers,
  networking,
  files,
  characters,
  serial,
  hacking,
  virtio,
} from './requirement-menus.ts';

const noShare =
  'The shared folder cannot be mounted: /home/user/shared stays empty, and utopia run has no folder to run in.';

/** What the lab uses, beyond a machine that comes up. */
export const labRequirements: readonly Requirement[] = [
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
