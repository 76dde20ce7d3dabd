/** What a tree's `configure --help` offers, by the words of its options. */
export interface ConfigureHelp {
  /** `vnc`: `--enable-vnc` and `--disable-vnc`. */
  readonly features: ReadonlySet<string>;
  /** Each on its own: `enable-debug`, `disable-slirp`, `firmwarepath`. */
  readonly options: ReadonlySet<string>;
}

/**
 * Reads `configure --help` of QEMU. Releases before 2.5 list each feature as two options, those
 * since as a table of names; `--disable-slirp` alone (up to 5.2) is on without being asked for. Pure.
 */
export function parseConfigureHelp(text: string): ConfigureHelp {
  const lines = text.split('\n');
  const options = new Set<string>();
  for (const line of lines) {
    const match = /^ {2,}--([a-z\d][\w-]*)/.exec(line);
    if (match?.[1] !== undefined) options.add(match[1]);
  }
  const start = lines.findIndex((line) => line.startsWith('Optional features'));
  const table = start < 0 ? [] : lines.slice(start + 1);
  const features = new Set<string>();
  for (const line of table) {
    const name = /^ {2}([a-z\d][\w-]*)(?: |$)/.exec(line)?.[1];
    if (name !== undefined) features.add(name);
  }
  for (const option of options) {
    const name = /^enable-(.+)$/.exec(option)?.[1];
    if (name !== undefined && options.has(`disable-${name}`)) features.add(name);
  }
  return { features, options };
}

/** How a feature is asked for. */
export type FeatureOffer =
  | { readonly kind: 'option'; readonly option: string }
  /** It is there unless it is switched off. */
  | { readonly kind: 'always' }
  | { readonly kind: 'none' };

/** How this configure takes a feature. Pure. */
export function offerOf({ features, options }: ConfigureHelp, name: string): FeatureOffer {
  if (features.has(name) || options.has(`enable-${name}`)) {
    return { kind: 'option', option: `--enable-${name}` };
  }
  return options.has(`disable-${name}`) ? { kind: 'always' } : { kind: 'none' };
}

/** The option that switches a feature off; undefined where there is none. Pure. */
export function refusalOf({ features, options }: ConfigureHelp, name: string): string | undefined {
  return features.has(name) || options.has(`disable-${name}`) ? `--disable-${name}` : undefined;
}
