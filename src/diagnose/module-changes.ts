/** A kernel's release as its first two numbers, `[6, 12]`. */
export type Release = readonly [major: number, minor: number];

/** What the compiler says of two types: the kernel's own, and the one that the module has. */
export interface Mismatch {
  readonly kernel: string;
  readonly module: string;
}

/** A change of the kernel's interface to modules, and how a compiler's complaint shows it. */
export interface ModuleChange {
  /** The first release that has it. */
  readonly in: Release;
  /** Written for it or later (`new`), or for what was before (`old`). */
  readonly written: 'new' | 'old';
  /** A line of the compiler's, with plain quotes. */
  readonly line?: RegExp;
  /** Of two types that differ. */
  readonly mismatch?: (types: Mismatch) => boolean;
  /** What changed, as a sentence about the kernel. */
  readonly what: string;
}

const hasNot = (name: string): RegExp =>
  new RegExp(`implicit declaration of function '${name}'|'${name}' undeclared`);
const noHeader = (path: string): RegExp =>
  new RegExp(`fatal error: ${path.replaceAll('.', String.raw`\.`)}: No such file`);

/**
 * Changes that modules of courses and books run into, newest first. Those between 6.1 and 6.12 were
 * tried with the headers of Debian's kernels (fixtures/build-logs).
 */
export const moduleChanges: readonly ModuleChange[] = [
  {
    in: [6, 16],
    written: 'old',
    line: hasNot('from_timer'),
    what: 'from_timer is timer_container_of',
  },
  {
    in: [6, 16],
    written: 'new',
    line: hasNot('timer_container_of'),
    what: 'from_timer is timer_container_of',
  },
  {
    in: [6, 15],
    written: 'old',
    line: hasNot('del_timer(?:_sync)?'),
    what: 'del_timer is timer_delete',
  },
  {
    in: [6, 15],
    written: 'old',
    line: hasNot('hrtimer_init'),
    what: 'hrtimer_init is hrtimer_setup',
  },
  { in: [6, 13], written: 'new', line: hasNot('hrtimer_setup'), what: 'there is hrtimer_setup' },
  {
    in: [6, 12],
    written: 'old',
    line: hasNot('no_llseek'),
    what: 'no_llseek is gone: leave .llseek out',
  },
  {
    in: [6, 12],
    written: 'old',
    line: noHeader('asm/unaligned.h'),
    what: 'asm/unaligned.h is linux/unaligned.h',
  },
  {
    in: [6, 12],
    written: 'new',
    line: noHeader('linux/unaligned.h'),
    what: 'asm/unaligned.h is linux/unaligned.h',
  },
  {
    in: [6, 11],
    written: 'old',
    mismatch: ({ kernel, module }) =>
      kernel === 'void (*)(struct platform_device *)' &&
      module === 'int (*)(struct platform_device *)',
    what: 'a platform driver’s remove returns nothing',
  },
  {
    in: [6, 11],
    written: 'new',
    mismatch: ({ kernel, module }) =>
      kernel === 'int (*)(struct platform_device *)' &&
      module === 'void (*)(struct platform_device *)',
    what: 'a platform driver’s remove returns nothing',
  },
  {
    in: [6, 8],
    written: 'old',
    line: hasNot('strlcpy'),
    what: 'strlcpy is gone: strscpy takes its place',
  },
  {
    in: [6, 7],
    written: 'old',
    line: /'struct inode' has no member named 'i_[am]time'/,
    what: 'an inode’s times are set by inode_set_atime_to_ts and its kind',
  },
  {
    in: [6, 7],
    written: 'new',
    line: hasNot('inode_set_[am]time_to_ts'),
    what: 'an inode’s times are set by inode_set_atime_to_ts and its kind',
  },
  {
    in: [6, 6],
    written: 'new',
    line: noHeader('linux/sprintf.h'),
    what: 'there is linux/sprintf.h',
  },
  {
    in: [6, 6],
    written: 'new',
    mismatch: ({ kernel, module }) =>
      isReceiver(kernel) && kernel.includes(', int)') && module.includes('size_t)'),
    what: 'a line discipline’s receive_buf takes u8 and size_t',
  },
  {
    in: [6, 6],
    written: 'old',
    mismatch: ({ kernel, module }) =>
      isReceiver(kernel) && kernel.includes('size_t)') && module.includes(', int)'),
    what: 'a line discipline’s receive_buf takes u8 and size_t',
  },
  {
    in: [6, 6],
    written: 'old',
    line: /'(?:const )?struct file_operations' has no member named 'iterate'/,
    what: 'a file’s iterate is iterate_shared',
  },
  {
    in: [6, 5],
    written: 'old',
    line: hasNot('register_sysctl_table'),
    what: 'register_sysctl_table is register_sysctl, with a path',
  },
  {
    in: [6, 4],
    written: 'old',
    line: /too many arguments to function 'class_create'/,
    what: 'class_create takes the name alone',
  },
  {
    in: [6, 4],
    written: 'new',
    line: /macro "class_create" requires 2 arguments, but only 1 given/,
    what: 'class_create takes the name alone',
  },
  {
    in: [6, 4],
    written: 'old',
    line: /'struct class' has no member named 'owner'/,
    what: 'a class has no owner',
  },
  {
    in: [6, 3],
    written: 'old',
    line: /assignment of read-only member 'vm_flags'/,
    what: 'vm_flags is set by vm_flags_set',
  },
  {
    in: [6, 3],
    written: 'new',
    line: hasNot('vm_flags_(?:set|clear|mod)'),
    what: 'vm_flags is set by vm_flags_set',
  },
  {
    in: [6, 3],
    written: 'old',
    mismatch: ({ kernel, module }) =>
      kernel.includes('struct mnt_idmap *') && module.includes('struct user_namespace *'),
    what: 'an inode’s operations take a mnt_idmap',
  },
  {
    in: [6, 3],
    written: 'new',
    mismatch: ({ kernel, module }) =>
      kernel.includes('struct user_namespace *') && module.includes('struct mnt_idmap *'),
    what: 'an inode’s operations take a mnt_idmap',
  },
  {
    in: [6, 2],
    written: 'old',
    mismatch: ({ kernel, module }) =>
      isClassHook(kernel) &&
      kernel.includes('(const struct device *') &&
      module.includes('(struct device *'),
    what: 'a class’s devnode and dev_uevent take a const device',
  },
  {
    in: [6, 2],
    written: 'new',
    mismatch: ({ kernel, module }) =>
      isClassHook(kernel) &&
      kernel.includes('(struct device *') &&
      module.includes('(const struct device *'),
    what: 'a class’s devnode and dev_uevent take a const device',
  },
  { in: [5, 17], written: 'old', line: hasNot('PDE_DATA'), what: 'PDE_DATA is pde_data' },
  {
    in: [5, 6],
    written: 'old',
    line: /passing argument \d of 'proc_create(?:_data)?' from incompatible pointer type/,
    what: 'proc_create takes a struct proc_ops',
  },
  {
    in: [5, 6],
    written: 'old',
    line: hasNot('ioremap_nocache'),
    what: 'ioremap_nocache is ioremap',
  },
  {
    in: [5, 0],
    written: 'old',
    line: /macro "access_ok" passed 3 arguments, but takes just 2/,
    what: 'access_ok takes two arguments',
  },
  {
    in: [5, 0],
    written: 'old',
    line: hasNot('do_gettimeofday'),
    what: 'do_gettimeofday is ktime_get_real_ts64',
  },
  {
    in: [4, 15],
    written: 'old',
    line: hasNot('(?:setup|init)_timer'),
    what: 'init_timer and setup_timer are timer_setup',
  },
];

function isReceiver(type: string): boolean {
  return type.startsWith('void (*)(struct tty_struct *, const ');
}

function isClassHook(type: string): boolean {
  return /umode_t \*\)$|struct kobj_uevent_env \*\)$/.test(type);
}
