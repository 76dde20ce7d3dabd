import { bootFiles } from './files-boot.ts';
import { clockFiles } from './files-clock.ts';
import { initramfsFiles } from './files-initramfs.ts';
import { networkFiles } from './files-network.ts';
import { systemFiles } from './files-system.ts';
import { unitFiles } from './files-units.ts';

/** A file that the image has besides its packages' own. */
export interface GuestFile {
  /** Absolute in the guest. */
  readonly path: string;
  readonly content: string;
  /** Permission bits; 0644 without. The owner is root. */
  readonly mode?: number;
}

/**
 * Every file that makes Debian ours. All of them are configuration in /etc that
 * packages leave alone, so that the guest can be upgraded like any Debian; masked
 * units and diverted files are in customise.ts.
 */
export function guestFiles(): readonly GuestFile[] {
  return [
    ...systemFiles,
    ...networkFiles,
    ...bootFiles,
    ...initramfsFiles,
    ...unitFiles,
    ...clockFiles,
  ];
}
