/** An option that came out otherwise than it was asked for, and why. */
interface Dropped {
  readonly option: string;
  readonly asked: string;
  readonly have: string;
  readonly ours: boolean;
  readonly reason:
    | { readonly kind: 'unknown' | 'selected' | 'bool' | 'other' }
    | { readonly kind: 'needs'; readonly parts: readonly string[] }
    | { readonly kind: 'host'; readonly asked: readonly string[] };
}

/** What came of a .config, besides the file itself. */
interface ChangedConfig {
  readonly dropped: readonly Dropped[];
  /** Where the .config that was there before is now. */
  readonly keptAs: string | undefined;
  /** Files of keys that the base names and the tree has not. */
  readonly keysLeftOut: readonly string[];
  readonly unchanged: boolean;
}

/** What is to be known of a .config that was made, a line each. */
export function listConfigChanges(made: ChangedConfig): string[] {
  const { keptAs, unchanged, dropped, keysLeftOut } = made;
  return [
    ...keysLeftOut.map(
      (path) => `  The certificates ${path}, which the base names, are not in this tree: left out.`,
    ),
    ...(keptAs === undefined ? [] : [`  The .config that was there is ${keptAs} now.`]),
    ...(unchanged ? ['  The .config was the same already.'] : []),
    ...listDropped(dropped),
  ];
}

/**
 * What olddefconfig dropped, a line for each option; those that only utopia asked for and this
 * kernel does not have at all share one, since options come and go with versions.
 */
export function listDropped(dropped: readonly Dropped[]): string[] {
  const foreign = dropped.filter(({ ours, reason }) => ours && reason.kind === 'unknown');
  const told = dropped.filter((each) => !foreign.includes(each));
  const names = foreign.map(({ option }) => option).join(', ');
  return [
    ...told.map(
      (each) => `  CONFIG_${each.option}=${each.asked} came out as ${each.have}: ${sayWhy(each)}`,
    ),
    ...(foreign.length === 0 ? [] : [`  This kernel has no option of these names: ${names}.`]),
  ];
}

function sayWhy({ asked, reason }: Dropped): string {
  if (reason.kind === 'needs') {
    const [verb, parts] = [reason.parts.length === 1 ? 'does' : 'do', reason.parts.join(' and ')];
    return `it depends on ${parts}, which ${verb} not hold.`;
  }
  if (reason.kind === 'host') {
    return `the compiler or another program of this host does not allow it: ${reason.asked.join(' ')}`;
  }
  if (reason.kind === 'unknown') return 'this kernel has no option of that name.';
  if (reason.kind === 'bool') return 'it is no module: y builds it in, n leaves it out.';
  if (reason.kind === 'selected') return 'nobody can set it; other options select it.';
  return asked === 'n' ? 'another option selects it.' : 'another choice excludes it.';
}
