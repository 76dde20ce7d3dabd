/** A package that dpkg has installed. */
export interface InstalledPackage {
  readonly name: string;
  readonly version: string;
  readonly architecture: string;
  readonly essential: boolean;
  /** What it depends on: for each need the names of which one serves, with neither versions nor architectures. */
  readonly needs: readonly (readonly string[])[];
  /** Other names that it serves as. */
  readonly provides: readonly string[];
}

/** Debian's whole archive has some seventy thousand packages; an image some hundreds. */
const mostPackages = 20_000;
const mostNeeds = 500;

/** Reads dpkg's `status` (deb-control(5), dpkg(1)): the packages that are installed. Pure; linear. */
export function readInstalledPackages(status: string): readonly InstalledPackage[] {
  const found: InstalledPackage[] = [];
  for (const paragraph of status.split(/\n{2,}/)) {
    if (found.length >= mostPackages) break;
    const fields = readFields(paragraph);
    const name = fields.get('package') ?? '';
    if (!/^[a-z\d][a-z\d+.-]{0,200}$/.test(name)) continue;
    if (fields.get('status')?.endsWith(' installed') !== true) continue;
    const lists = ['pre-depends', 'depends'].map((key) => fields.get(key) ?? '');
    found.push({
      name,
      version: fields.get('version') ?? '',
      architecture: fields.get('architecture') ?? '',
      essential: fields.get('essential') === 'yes',
      needs: lists.flatMap(readNeeds).slice(0, mostNeeds),
      provides: readNeeds(fields.get('provides') ?? '').flat(),
    });
  }
  return found;
}

function readFields(paragraph: string): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  for (const line of paragraph.split('\n')) {
    const colon = line.indexOf(': ');
    // What a line begins with a blank belongs to the one before, and is of none that is read.
    if (colon > 0 && !line.startsWith(' ')) {
      fields.set(line.slice(0, colon).toLowerCase(), line.slice(colon + 2).trim());
    }
  }
  return fields;
}

/** `libc6 (>= 2.36), gawk | mawk:any`. */
function readNeeds(list: string): readonly (readonly string[])[] {
  if (list === '') return [];
  return list
    .split(',')
    .map((need) =>
      need.split('|').flatMap((each) => /^\s*([a-z\d][a-z\d+.-]*)/.exec(each)?.[1] ?? []),
    );
}

/**
 * The packages of these names and all that they need, in the order of their names; names of
 * packages that are not installed are left out. Of several that serve one need, the first. Pure.
 */
export function closeOverNeeds(
  packages: readonly InstalledPackage[],
  names: readonly string[],
): readonly InstalledPackage[] {
  const byName = new Map<string, InstalledPackage>();
  for (const each of packages) {
    for (const other of each.provides) if (!byName.has(other)) byName.set(other, each);
  }
  for (const each of packages) byName.set(each.name, each);
  const taken = new Map<string, InstalledPackage>();
  const wanted = [...names];
  for (let name = wanted.pop(); name !== undefined; name = wanted.pop()) {
    const found = byName.get(name);
    if (found === undefined || taken.has(found.name)) continue;
    taken.set(found.name, found);
    for (const need of found.needs) {
      const serving = need.find((each) => byName.has(each));
      if (serving !== undefined) wanted.push(serving);
    }
  }
  return [...taken.values()].toSorted((one, other) => (one.name < other.name ? -1 : 1));
}
