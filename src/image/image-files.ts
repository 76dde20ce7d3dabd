/** A read-only image that overlays stand on. */
export interface BackingFile {
  /** Absolute path. */
  readonly path: string;
  readonly format: 'raw' | 'qcow2';
  /** Named in the config, found in its folder as cslab_rootfs*.raw, or the store's default image. */
  readonly origin: 'config' | 'folder' | 'store';
}

/** A machine's private file, checked and fit to be started. */
export interface Overlay {
  /** Absolute path. */
  readonly path: string;
  readonly backing: BackingFile;
  /** Made by this very call: the guest has never run on it. */
  readonly created: boolean;
  /** Bytes that the overlay occupies on disk. */
  readonly allocatedBytes: number;
  /** Whole sentences for the user: little room left, an overlay taken over unverified. */
  readonly warnings: readonly string[];
}

/** What `up` would find or make: an overlay that is only looked at. */
export interface OverlayPrediction extends Omit<Overlay, 'created'> {
  /** False: the next start makes it. */
  readonly exists: boolean;
}
