import { cardRow } from './card.ts';

/** What e2fsck did. */
interface ShownCheck {
  /** e2fsck's own: 0 nothing to mend, 1 and 2 mended, 4 not all mended, 8 and more it could not work. */
  readonly status: number;
  /** Its last words. */
  readonly lines: readonly string[];
}

/** What became of the disk in the fresh machine that it is attached to. */
interface ShownMounting {
  readonly device: string;
  readonly access: 'read-write' | 'read-only' | 'none';
  /** What mount said of a disk that it did not take as usual. */
  readonly trouble: string | undefined;
  /** Undefined where nobody asked for it. */
  readonly check: ShownCheck | undefined;
}

/** A machine that was started to be mended. */
export interface ShownRescue {
  /** Its private file, as it is shown. */
  readonly disk: string;
  /** The disk is attached to a fresh machine; else the machine itself runs. */
  readonly attach: boolean;
  /** Where the disk is found in the fresh machine. */
  readonly mountPoint: string;
  readonly mounting: ShownMounting | undefined;
  /** Name of the snapshot that was made before e2fsck. */
  readonly snapshot: string | undefined;
}

/** What stands below the card of such a machine: what e2fsck did, where the disk is, what leads on. Pure. */
export function describeRescue(rescue: ShownRescue, columns: number): string[] {
  const { disk, attach, mountPoint, mounting, snapshot } = rescue;
  const before =
    snapshot === undefined ? [] : [['before', `utopia snapshot restore ${snapshot}`] as const];
  const how = `${disk}, booted with the kernel of its image; its own /boot is as it was`;
  const rows = [
    ...before,
    ...(attach ? attachedRows(disk, mountPoint, mounting) : [['rescue', how] as const]),
    ['then', 'utopia down; utopia up starts the machine as ever'] as const,
  ];
  return [
    ...describeCheck(mounting?.check),
    ...rows.flatMap(([label, text]) => cardRow(label, text, columns)),
  ];
}

function attachedRows(
  disk: string,
  mountPoint: string,
  mounting: ShownMounting | undefined,
): readonly (readonly [string, string])[] {
  if (mounting === undefined) return [['rescue', `${disk} is attached to a fresh machine`]];
  const { device, access, trouble } = mounting;
  const why = trouble === undefined ? [] : ([['', trouble.replaceAll('\n', ' ')]] as const);
  if (access === 'none') {
    return [
      ['rescue', `${disk} is ${device} of a fresh machine, and cannot be mounted`],
      ...why,
      ['mend', 'utopia down; utopia rescue --fsck'],
    ];
  }
  const how = access === 'read-write' ? '' : ', for reading only (utopia rescue --fsck mends it)';
  return [
    ['rescue', `${disk} is ${mountPoint} of a fresh machine${how}`],
    ...why,
    ['copy', `utopia cp :${mountPoint}/home/user/FILE .`],
  ];
}

function describeCheck(check: ShownCheck | undefined): string[] {
  if (check === undefined) return [];
  const { status, lines } = check;
  const verdict =
    status === 0
      ? 'e2fsck found nothing to mend.'
      : status < 4
        ? 'e2fsck has mended the file system.'
        : status < 8
          ? 'e2fsck could not mend all of the file system.'
          : 'e2fsck could not work on this disk.';
  return [verdict, ...lines.map((line) => `  | ${line}`), ''];
}
