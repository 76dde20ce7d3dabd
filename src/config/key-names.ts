import { clip, WarningList } from './bounds.ts';
import { keyNames } from './config-keys.ts';
import type { Warning } from './problem.ts';
import type { Evaluation } from './shell/evaluate.ts';

/** What to say about names that the launcher, or its users, knew in other years. */
const formerNames: readonly { readonly pattern: RegExp; readonly remark: string | undefined }[] = [
  {
    pattern: /^KERNEL_SRCDIR$/,
    remark:
      'belongs to the User-mode Linux launcher of 2010–2012; the guest now boots the kernel installed in its own disk',
  },
  {
    pattern: /^UML_ROOT_FS_IMAGE$/,
    remark:
      'belongs to the User-mode Linux launcher of 2010–2012; the image is now QCOW2_BACKING_FILE',
  },
  {
    pattern: /^PRIVATE_COW$/,
    remark:
      'belongs to the User-mode Linux launcher of 2010–2012; the overlay is now QCOW2_PRIVATE_FILE, and an old one cannot be read',
  },
  {
    pattern: /^OVER_SSH$/,
    remark:
      'belongs to the User-mode Linux launcher of 2010–2012; the screen is now at UTOPIA_VNC, also over SSH',
  },
  { pattern: /^PF$/, remark: undefined },
  {
    pattern: /^(?:FS_?DISK_?|IMAGE_FILE)\d*$/,
    remark:
      'is not read: name exercise disks in UTOPIA_DISKS, as in UTOPIA_DISKS="$FS_DISK_1 $FS_DISK_2"',
  },
  {
    pattern: /^(?:LOOP_DEVICE|MOUNT_POINT)\d*$/,
    remark: 'is not read: utopia mounts no images, it gives them to the guest (UTOPIA_DISKS)',
  },
];

/** Remarks on assigned names that are no keys, and on keys assigned twice. */
export function remarkOnNames(evaluation: Evaluation): Warning[] {
  const warnings = new WarningList();
  for (const [name, { line, replacedLine }] of evaluation.assigned) {
    if ((keyNames as readonly string[]).includes(name)) {
      if (replacedLine !== undefined) {
        warnings.add({
          line,
          key: name,
          message: `${name} was already set on line ${replacedLine}; this line counts.`,
        });
      }
      continue;
    }
    // Which key it is near to takes longer to find than all else.
    const message = warnings.isFull ? undefined : remarkOnUnknown(name, evaluation.used.has(name));
    if (message !== undefined) warnings.add({ line, message });
  }
  return warnings.all();
}

function remarkOnUnknown(name: string, isUsed: boolean): string | undefined {
  if (isUsed) return undefined;
  const former = formerNames.find(({ pattern }) => pattern.test(name));
  if (former !== undefined) {
    return former.remark === undefined ? undefined : `${name} ${former.remark}.`;
  }
  if (/^(?:HOME|PATH|SHELL|TERM|USER|EDITOR|TMPDIR|TZ)$/.test(name)) return undefined;
  const near = nearestKey(name);
  return near === undefined
    ? `${clip(name)} is not a key of utopia, and no value uses it.`
    : `${name} is not a key of utopia. Probably meant: ${near}`;
}

/** Longer than any key by more than a misspelling. */
const longestMisspelling = 40;

/** The key that `name` is probably a misspelling of; undefined when none is near. */
export function nearestKey(name: string): string | undefined {
  if (name.length > longestMisspelling) return undefined;
  const upper = name.toUpperCase();
  const [best] = keyNames
    .map((key) => ({
      key,
      distance: upper.length >= 6 && key.startsWith(upper) ? 1 : editDistance(upper, key),
    }))
    .toSorted((a, b) => a.distance - b.distance);
  return best !== undefined && best.distance <= Math.max(1, Math.floor(best.key.length / 4))
    ? best.key
    : undefined;
}

/** Insertions, deletions and replacements that turn one text into the other (Levenshtein). */
function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (const [index, character] of Array.from(from).entries()) {
    const next = [index + 1];
    for (let column = 1; column <= to.length; column += 1) {
      const replace = (row[column - 1] ?? 0) + (character === to[column - 1] ? 0 : 1);
      next.push(Math.min(replace, (row[column] ?? 0) + 1, (next[column - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
