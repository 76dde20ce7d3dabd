import { findInTheWay } from './in-the-way.ts';
import { majorMinor, valueOf, type KernelConfig } from './config-text.ts';
import type { Consequence, Cost, Have, Requirement } from './requirement-kinds.ts';
import { requirements } from './requirements.ts';

/** How a kernel of this config boots the machine's disk when QEMU loads it (-kernel). */
export type Verdict = 'boots' | 'needs-initramfs' | 'will-not-boot';

/** An option that is not as it should be. */
export interface ConfigFinding {
  /** With CONFIG_, as it stands in the file. */
  readonly option: string;
  /** `n` for what is set and decides the boot in the place of what is asked for. */
  readonly want: Requirement['want'] | 'n';
  readonly have: Have;
  /** What happens when it is booted: a sentence. */
  readonly effect: string;
  /** Where menuconfig has it. */
  readonly menu: string;
  readonly cost: Cost;
}

export interface ConfigJudgement {
  readonly verdict: Verdict;
  /** Why, in half a sentence: what stands on the console; undefined where it boots. */
  readonly headline: string | undefined;
  /** Those that stop the boot first, in the order of a boot. */
  readonly findings: readonly ConfigFinding[];
}

const costs: readonly Cost[] = ['stops', 'initramfs', 'feature'];

/**
 * Judges a config by the table of requirements. `version` is the kernel's, and decides which
 * options there are; without one all of them are asked for. Pure.
 */
export function judgeConfig(
  config: Pick<KernelConfig, 'options'>,
  version?: string,
): ConfigJudgement {
  const release = majorMinor(version);
  const inTheWay = findInTheWay(config).map(({ option, ...rest }): Judged => {
    return { option: `CONFIG_${option}`, want: 'n', have: 'y', headline: undefined, ...rest };
  });
  const judged = [
    ...inTheWay,
    ...requirements
      .filter((each) => exists(each, release))
      .flatMap((requirement) => judge(config, requirement)),
  ];
  const needy = judged.find((each) => each.cost === 'initramfs');
  const found = judged.map((each) => (isFatal(each, needy) ? withoutHelp(each, needy) : each));
  const verdict = verdictOf(found);
  const cost = verdict === 'will-not-boot' ? 'stops' : 'initramfs';
  const first = found.find((each) => each.cost === cost)?.headline;
  const headline =
    verdict === 'boots' || first === undefined
      ? undefined
      : first + (isSilent(found) ? unseen : '');
  const findings = costs.flatMap((each) => found.filter((one) => one.cost === each));
  return { verdict, headline, findings: findings.map(({ headline: _none, ...rest }) => rest) };
}

/** Nothing that the kernel says reaches the serial console. */
function isSilent(found: readonly Judged[]): boolean {
  return found.some(({ option }) => consoleOptions.includes(option));
}

const consoleOptions = ['TTY', 'SERIAL_8250', 'SERIAL_8250_CONSOLE', 'PRINTK'].map(
  (option) => `CONFIG_${option}`,
);
const unseen = ' (the serial console shows nothing of it)';

interface Judged extends ConfigFinding {
  readonly headline: string | undefined;
}

/** Whether a kernel of this release has the option at all. */
function exists(
  { since, until }: Requirement,
  release: readonly [number, number] | undefined,
): boolean {
  if (release === undefined) return true;
  if (since !== undefined && isBefore(release, since)) return false;
  return until === undefined || isBefore(release, until);
}

function isBefore(
  [major, minor]: readonly [number, number],
  other: readonly [number, number],
): boolean {
  return major < other[0] || (major === other[0] && minor < other[1]);
}

/** What there is of it: anything but `m` and nothing counts as built in. */
export function haveOf(config: Pick<KernelConfig, 'options'>, option: string): Have {
  const value = valueOf(config, option);
  return value === 'n' ? 'missing' : value === 'm' ? 'm' : 'y';
}

function judge(config: Pick<KernelConfig, 'options'>, requirement: Requirement): Judged[] {
  const { option, want, menu } = requirement;
  const have = haveOf(config, option);
  const consequence = have === 'missing' ? requirement.missing : moduleOf(requirement, have);
  if (consequence === undefined) return [];
  const { cost, effect, headline } = consequence;
  return [{ option: `CONFIG_${option}`, want, have, effect, menu, cost, headline }];
}

function moduleOf({ want, module, missing }: Requirement, have: Have): Consequence | undefined {
  if (have === 'y' || want === 'y|m') return undefined;
  return module ?? missing;
}

function verdictOf(found: readonly Judged[]): Verdict {
  if (found.some(({ cost }) => cost === 'stops')) return 'will-not-boot';
  return found.some(({ cost }) => cost === 'initramfs') ? 'needs-initramfs' : 'boots';
}

/** What an initramfs itself cannot do without; its /init is a script in every distribution. */
const ofInitramfs = ['CONFIG_BLK_DEV_INITRD', 'CONFIG_BINFMT_SCRIPT'];

/** The option stops the boot after all: `needy` needs an initramfs, and this config cannot run one. */
function isFatal({ option, cost }: Judged, needy: Judged | undefined): boolean {
  return needy !== undefined && ofInitramfs.includes(option) && cost === 'feature';
}

function withoutHelp(finding: Judged, needy: Judged | undefined): Judged {
  return {
    ...finding,
    cost: 'stops',
    headline: `${needy?.headline ?? ''}, and no initramfs can help`,
    effect: `${finding.effect} This config needs one, for what it has as modules.`,
  };
}
