/** What a failed bootstrap is known by, and the next step. */
interface BootstrapTrouble {
  readonly id: string;
  /** In one of apt's or mmdebstrap's last lines, as apt 2.6 and 3.0 say it with LC_ALL=C. */
  readonly sign: RegExp;
  /** The next step; `suite` is the release that was to be built. */
  readonly next: (suite: string) => string;
}

/** In the order in which they are looked for: a mirror that is not there is also "not signed". */
const troubles: readonly BootstrapTrouble[] = [
  {
    id: 'no-network',
    sign: /Temporary failure resolving|Could not resolve|Could not connect|Connection (?:timed out|refused|failed)|Network is unreachable|No route to host/,
    next: () =>
      'The mirror cannot be reached from here: look after the network (behind a proxy, set http_proxy), or name another mirror with --mirror URL.',
  },
  {
    id: 'clock-behind',
    sign: /Release file for \S+ is not valid yet/,
    next: () => "This host's clock is behind the mirror's: set it (timedatectl), then try again.",
  },
  {
    id: 'mirror-expired',
    sign: /Release file for \S+ is expired/,
    next: (suite) =>
      `The mirror's index of ${suite} is too old: this mirror is no longer updated (another one: --mirror URL), or this host's clock is ahead (timedatectl).`,
  },
  {
    id: 'keys-unknown',
    sign: /NO_PUBKEY [0-9A-F]{8}/,
    next: (suite) =>
      `This host's debian-archive-keyring is older than ${suite}: install a newer one, or build an older release with --suite.`,
  },
  {
    id: 'not-on-mirror',
    sign: /\b40[0-9] {2}(?:Not Found|Bad Request|Forbidden)|does not have a Release file/,
    next: (suite) =>
      `The mirror has no ${suite} at this address: see --mirror, and for a package --include.`,
  },
  {
    id: 'no-package',
    sign: /Unable to locate package |has no installation candidate/,
    next: (suite) => `${suite} has no package of that name: see --include.`,
  },
];

/**
 * The next step for a bootstrap that failed with these last lines; undefined where they tell
 * nothing that is known. Pure.
 */
export function adviseOnBootstrap(suite: string, lines: readonly string[]): string | undefined {
  return troubles.find(({ sign }) => lines.some((line) => sign.test(line)))?.next(suite);
}
