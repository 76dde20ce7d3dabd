import { customiseScript, prepareScript } from './customise.ts';
import { desktopFiles } from './files-desktop.ts';
import { guestFiles } from './guest-files.ts';
import type { GuestFile } from './guest-file.ts';
import { packagesOf } from './profile-packages.ts';
import type { ImageProfile } from './profile.ts';

/** What a root file system is made of, on top of Debian's essential packages. */
export interface RootSpec {
  readonly packages: readonly string[];
  /** Copied in before the packages, and again after them. */
  readonly files: readonly GuestFile[];
  /** Shell text, run in the root before the packages come. */
  readonly prepareScript: string;
  /**
   * Shell text, run in the root at the end. It must leave grub's boot.img, core.img
   * and menu in /boot/grub.
   */
  readonly customiseScript: string;
  /** Without manuals, documentation and translations. */
  readonly lean: boolean;
}

/** Our own root file system, by profile, with further Debian packages. */
export function rootSpec(profile: ImageProfile, include: readonly string[] = []): RootSpec {
  return {
    packages: [...new Set([...packagesOf(profile), ...include])],
    files: [...guestFiles(), ...(profile === 'desktop' ? desktopFiles : [])],
    prepareScript: prepareScript(),
    customiseScript: customiseScript(profile),
    lean: profile === 'minimal',
  };
}
