import { offerOf, refusalOf, type ConfigureHelp } from './configure-help.ts';

/** What a machine of utopia's needs: the share, the network, the screen, the accelerator, qemu-img. */
export const usualFeatures = ['virtfs', 'slirp', 'vnc', 'kvm', 'tools'] as const;

/** Takes long to build, or is of no use for a machine; and warnings are shown, not fatal. */
const usuallyOff = ['docs', 'guest-agent', 'werror'] as const;

/** How QEMU is to be configured. */
export interface ConfigureWish {
  /** Absolute. */
  readonly prefix: string;
  /** Features besides the usual ones, and those that are not wanted. */
  readonly with: readonly string[];
  readonly without: readonly string[];
  /** Folders of the host in which firmware is that the source does not bring. */
  readonly firmware: readonly string[];
  /** Python that configure is to take; undefined for its own choice. */
  readonly python: string | undefined;
  /** Options of configure as they are, behind all others. */
  readonly more: readonly string[];
}

export interface ConfigureOptions {
  /** The words behind `configure`. */
  readonly words: readonly string[];
  /** Features that were asked for by name, and that this version does not know. */
  readonly unknown: readonly string[];
  /** Usual ones that it does not know. */
  readonly lacking: readonly string[];
}

/** The options of configure, by what this version offers. Pure. */
export function chooseOptions(help: ConfigureHelp, wish: ConfigureWish): ConfigureOptions {
  const unwanted = new Set(wish.without);
  const asked = wish.with.filter((name) => !unwanted.has(name));
  const usual = usualFeatures.filter((name) => !unwanted.has(name) && !asked.includes(name));
  const wanted = [...usual, ...asked];
  const on = wanted.flatMap((name) => {
    const offer = offerOf(help, name);
    return offer.kind === 'option' ? [offer.option] : [];
  });
  const off = [...wish.without, ...usuallyOff.filter((name) => !wish.with.includes(name))];
  const isNone = (name: string): boolean => offerOf(help, name).kind === 'none';
  return {
    words: [
      `--prefix=${wish.prefix}`,
      '--target-list=x86_64-softmmu',
      ...on,
      ...new Set(off.flatMap((name) => refusalOf(help, name) ?? [])),
      ...(wish.firmware.length > 0 && help.options.has('firmwarepath')
        ? [`--firmwarepath=${wish.firmware.join(':')}`]
        : []),
      ...(wish.python === undefined ? [] : [`--python=${wish.python}`]),
      ...wish.more,
    ],
    unknown: [
      ...asked.filter(isNone),
      ...wish.without.filter((name) => refusalOf(help, name) === undefined),
    ],
    lacking: usual.filter(isNone),
  };
}
