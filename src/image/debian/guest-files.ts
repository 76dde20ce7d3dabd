import type { GuestFile } from './guest-file.ts';
import { bootFiles } from './files-boot.ts';
import { clockFiles } from './files-clock.ts';
import { initramfsFiles } from './files-initramfs.ts';
import { networkFiles } from './files-network.ts';
import { systemFiles } from './files-system.ts';
import { unitFiles } from './files-units.ts';

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
