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
/** What the console shows where systemd cannot go on. */
export const frozen = 'systemd stops';
const silent = 'SSH never answers';

/** The disk cannot be read: the same panic, whichever part of the way to it is missing. */
export function needsForRoot(option: string, what: string, menu: string): Requirement {
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
export function needsForInit(
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
export function needsForSsh(option: string, what: string, menu: string): Requirement {
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
export function uses(
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
