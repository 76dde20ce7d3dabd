import type { Config } from '../config/machine-config.ts';
import { UtopiaError } from '../errors.ts';
import { compareIdentities, identifyFile, type FileIdentity } from './identity.ts';
import { readOverlayFile, type OverlayFile } from './overlay-file.ts';
import { refuseLocked } from './overlay.ts';
import { readRecord, writeRecord } from './overlay-record.ts';
import { renameBackingFile, type QemuImg } from './qemu-img.ts';
import type { BackingFile } from './image-files.ts';

/** What is known about a new place for an overlay's backing file. */
export interface RebaseProposal {
  readonly overlay: OverlayFile;
  readonly to: BackingFile;
  readonly identity: FileIdentity;
  /**
   * `verified`: size and sampled contents are what was remembered. `unrecorded`:
   * nothing was remembered, only the size fits. `different`: another image.
   */
  readonly verdict: 'verified' | 'unrecorded' | 'different';
}

/**
 * Looks whether an overlay may stand on `to` from now on. Changes nothing.
 * Throws `overlay-missing`, `overlay-locked` and what reading the overlay throws.
 */
export async function proposeRebase(
  config: Pick<Config, 'privateFile'>,
  to: BackingFile,
): Promise<RebaseProposal> {
  const overlay = await readOverlayFile(config.privateFile);
  if (overlay === undefined) {
    throw new UtopiaError('overlay-missing', `There is no private file ${config.privateFile}.`, {
      hint: 'utopia up makes one over the configured image.',
    });
  }
  await refuseLocked(overlay.path);
  const record = await readRecord(overlay.path);
  const identity = await identifyFile(to.path, record?.backing.identity);
  const verdict =
    record === undefined
      ? fitsInSize(overlay, to, identity)
        ? 'unrecorded'
        : 'different'
      : compareIdentities(record.backing.identity, identity) === 'changed'
        ? 'different'
        : 'verified';
  return { overlay, to, identity, verdict };
}

/** An overlay is made as large as its raw image, in whole sectors. What a qcow2 holds is not its length. */
function fitsInSize(overlay: OverlayFile, to: BackingFile, identity: FileIdentity): boolean {
  return (
    to.format !== 'raw' || Math.ceil(identity.bytes / 512) * 512 === overlay.header.virtualBytes
  );
}

/**
 * Writes the new place into the overlay's header and remembers it; contents are
 * not touched. Interrupted at any moment, the next rebase completes it.
 */
export async function rebaseOverlay(
  proposal: RebaseProposal,
  qemuImg: QemuImg & { readonly now: Date },
): Promise<void> {
  const { overlay, to, identity } = proposal;
  // The record first: without it, a new header and an old time would look like a changed image.
  await writeRecord(overlay.path, { path: to.path, identity }, qemuImg.now);
  const { backingName, backingFormat } = overlay.header;
  if (backingName === to.path && backingFormat === to.format) return;
  await renameBackingFile(qemuImg, overlay.path, to);
}
