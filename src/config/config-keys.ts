/** What a key is for, in the words of `--help`, the example file and docs/config.md. */
export interface KeyFacts {
  /** One sentence or two, without a line's length in mind. */
  readonly description: string;
  /** What may be written, as in "Write …". */
  readonly takes: string;
  /** The default as one would write it; undefined where it is found out. */
  readonly default?: string;
  /** How the default is found out, in words. */
  readonly defaultRule?: string;
  /** The value in utopia.config.example. */
  readonly sample: string;
  /** The option of `up` and `config` that sets the key for one run. */
  readonly flag?: string;
}

/**
 * Every key of utopia.config, in the order of the example file. Types and ranges
 * are in schema.ts, which has an entry for each of them.
 */
export const configKeys = {
  QEMU_BUILD_DIR: {
    description:
      'Where QEMU is: the prefix it was installed into, its build tree, or the program qemu-system-x86_64 itself.',
    takes: 'a path',
    defaultRule: 'searched in PATH',
    sample: '~/opt/qemu',
  },
  QCOW2_BACKING_FILE: {
    description:
      'The root filesystem image the machine starts from. Nothing is ever written to it.',
    takes: 'a path',
    defaultRule: './cslab_rootfs*.raw or the default image',
    sample: './cslab_rootfs_2024.raw',
  },
  QCOW2_PRIVATE_FILE: {
    description:
      'The overlay: all that the machine writes. It is made when it is missing; utopia reset puts a new one in its place.',
    takes: 'a path',
    default: './private.qcow2',
    sample: './private.qcow2',
  },
  UTOPIA_MEMORY_MB: {
    description: 'Memory of the guest.',
    takes: 'MiB as in 2048, or 2048M, or 2G',
    default: '1024',
    sample: '2G',
    flag: '--memory <size>',
  },
  UTOPIA_CPUS: {
    description: 'Virtual processors of the guest.',
    takes: 'a number from 1 to 255',
    default: '2',
    sample: '4',
    flag: '--cpus <count>',
  },
  UTOPIA_ACCEL: {
    description:
      'How the guest runs: kvm (the processor itself), tcg (software, several times slower), or auto (kvm where it really works).',
    takes: 'auto, kvm or tcg',
    default: 'auto',
    sample: 'kvm',
    flag: '--accel <which>',
  },
  UTOPIA_SSH_PORT: {
    description: "TCP port of the host that leads to the guest's SSH.",
    takes: 'a number from 1024 to 65535, or auto for a free one',
    default: '22223',
    sample: '22223',
    flag: '--ssh-port <port>',
  },
  UTOPIA_SSH_INTERFACE: {
    description:
      'Address of the host on which that port listens. 0.0.0.0 opens it to the world, once the guest refuses the passwords of the guide (utopia passwd).',
    takes: 'an IPv4 address of this host, or a name for one',
    default: '127.0.0.1',
    sample: '127.0.0.1',
  },
  UTOPIA_LOGIN: {
    description:
      "How one gets into the guest over SSH. password is the guide's way, and root / root opens it to every user of this host; with key the port opens only once the guest takes keys alone, of which utopia has one. The console takes passwords either way.",
    takes: 'password or key',
    default: 'password',
    sample: 'key',
    flag: '--login <how>',
  },
  UTOPIA_NETWORK: {
    description:
      'What the guest reaches: full is the internet, and this host at 10.0.2.2 with everything that listens on its loopback; none is nothing at all. SSH and forwarded ports lead into the guest either way.',
    takes: 'full or none',
    default: 'full',
    sample: 'none',
    flag: '--network <which>',
  },
  SHARED_FS_DIR: {
    description: 'Folder that the guest sees as /home/user/shared. Sources in it survive a reset.',
    takes: 'a path',
    default: './shared',
    sample: './shared',
  },
  UTOPIA_VNC: {
    description:
      "Where the guest's screen is served: display N is TCP port 5900 + N, which every user of this host can reach; unix is a socket for you alone, and takes the place of the default on a host with other people.",
    takes: '127.0.0.1:N, auto for a free display, unix, or off',
    default: '127.0.0.1:0',
    sample: '127.0.0.1:1',
    flag: '--vnc <display>',
  },
  UTOPIA_FORWARDS: {
    description:
      'More ports of the host that lead to ports of the guest. utopia forward adds one to a running machine.',
    takes:
      'HOST_PORT:GUEST_PORT, also with /udp behind or an address in front, with blanks between',
    default: '',
    sample: "'8080:80 35001:35001/udp'",
  },
  UTOPIA_NAME: {
    description: 'Name of the machine, to tell several apart.',
    takes: 'up to 40 letters, digits and . _ - with a letter or digit first',
    defaultRule: "this folder's name",
    sample: 'ask1',
    flag: '--name <name>',
  },
  UTOPIA_DISKS: {
    description:
      "Exercise disks, vdb and on in the guest, separated by blanks; quote a path that contains some. Nothing is written to the files unless :rw is behind them: a snapshot throws the guest's writes away at the next start. The name, by default the file's, is the disk's in /dev/disk/by-id/virtio-NAME.",
    takes: 'PATH[:ro|:rw|:snapshot][:NAME] …',
    default: '',
    sample: '\'./fsdisk1.img ./fsdisk2.img:ro "my disks/3.img":rw:third\'',
    flag: '--disk <path>',
  },
  UTOPIA_SENSORS: {
    description:
      "The Lunix:TNG sensor stream at the guest's /dev/ttyS1: simulated, from the lab's server, from a recording, or from a receiver at a serial port of this host. The machine starts whatever becomes of it.",
    takes: 'sim, tcp:HOST:PORT, replay:FILE, serial:DEVICE or none',
    default: 'none',
    sample: 'sim',
    flag: '--sensors <feed>',
  },
  UTOPIA_KERNEL: {
    description:
      'A kernel of your own that the machine boots directly, instead of the one installed in its disk: a build of utopia kernel build by its name, or the path of a bzImage.',
    takes: 'the name of a build, or a path with a / in it',
    default: '',
    sample: './linux/arch/x86/boot/bzImage',
    flag: '--kernel <build>',
  },
  UTOPIA_INITRD: {
    description:
      'An initramfs for that kernel; one whose drivers for the disk are built in needs none.',
    takes: 'a path',
    defaultRule: 'none',
    sample: './initrd.img',
    flag: '--initrd <file>',
  },
  UTOPIA_APPEND: {
    description:
      "More words for that kernel's command line. They come last, so that they count: root=/dev/vda2 is for a disk whose system is in its second partition.",
    takes: 'the words in quotes',
    default: '',
    sample: "'ignore_loglevel initcall_debug'",
    flag: '--append <words>',
  },
  UTOPIA_ON_CRASH: {
    description:
      "What happens at a panic or an oops of the guest's kernel: report says so; pause stops the guest there, for utopia gdb and utopia dump, until utopia up resumes it; keep saves a dump and a snapshot, which utopia crash list has, and the guest goes on.",
    takes: 'report, pause or keep',
    default: 'report',
    sample: 'keep',
    flag: '--on-crash <what>',
  },
  UTOPIA_EXTRA_ARGS: {
    description:
      "More arguments for QEMU, split into words by the shell's rules of quoting and put last.",
    takes: 'words, with "quotes" around those that contain blanks',
    default: '',
    sample: "'-device virtio-cryptodev-pci'",
  },
  UTOPIA_WARM_BASE: {
    description:
      'Whether a booted machine is kept in the store unasked, from which a fresh machine and utopia run start in a second: auto (by utopia up, once this host has been idle for two minutes, and by utopia image build), or never. utopia image warm makes one all the same.',
    takes: 'auto or never',
    default: 'auto',
    sample: 'never',
  },
  VERBOSE: {
    description: 'Print more while working, as --verbose does.',
    takes: '1 or 0',
    default: '0',
    sample: '1',
  },
} as const satisfies Record<string, KeyFacts>;

/** A key of utopia.config. */
export type KeyName = keyof typeof configKeys;

/** All keys, in the order of the example file. */
export const keyNames = Object.keys(configKeys) as readonly KeyName[];

/** True for the name of a key. */
export function isKeyName(name: string): name is KeyName {
  return Object.hasOwn(configKeys, name);
}

/** What is known about a key, with the optional parts at hand. */
export function factsOf(key: KeyName): KeyFacts {
  return configKeys[key];
}
