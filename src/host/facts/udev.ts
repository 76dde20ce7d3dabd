/** A udev rule about /dev/kvm. */
export interface UdevRule {
  readonly path: string;
  readonly line: number;
  readonly text: string;
  readonly group: string | undefined;
  /** `0660`. */
  readonly mode: string | undefined;
}

/**
 * Whether these rules, the last of which counts, let a group or everybody use the
 * device. A rule with a group and no mode means 0660 (udev(7)).
 */
export function letGroupIn(rules: readonly UdevRule[]): boolean {
  const group = rules.findLast((rule) => rule.group !== undefined)?.group;
  const written = rules.findLast((rule) => rule.mode !== undefined)?.mode;
  const mode = Number.parseInt(written ?? (group === undefined ? '0600' : '0660'), 8);
  const forEverybody = (mode & 0o006) === 0o006;
  const forGroup = (mode & 0o060) === 0o060 && group !== undefined && !/^(root|0)$/.test(group);
  return forEverybody || forGroup;
}

/** Rules that match the kernel's name `kvm` and set a group or a mode (udev(7)). */
export function findKvmRules(path: string, text: string): UdevRule[] {
  return text.split('\n').flatMap((raw, index) => {
    const line = raw.trim();
    if (line.startsWith('#') || !/\bKERNEL\s*==\s*"kvm"/.test(line)) return [];
    const group = /\bGROUP\s*:?=\s*"([^"]*)"/.exec(line)?.[1];
    const mode = /\bMODE\s*:?=\s*"([^"]*)"/.exec(line)?.[1];
    if (group === undefined && mode === undefined) return [];
    return [{ path, line: index + 1, text: line, group, mode }];
  });
}
