/** A udev rule about /dev/kvm. */
export interface UdevRule {
  readonly path: string;
  readonly line: number;
  readonly text: string;
  readonly group: string | undefined;
  /** `0660`. */
  readonly mode: string | undefined;
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
