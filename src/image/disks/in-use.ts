import { realpath } from 'node:fs/promises';
import type { DiskSetting } from '../../config/machine-config.ts';
import { UtopiaError } from '../../errors.ts';
import { quoteForShell } from '../../text/shell-words.ts';
import { findLockHolder } from '../file-locks.ts';
import { findHostUse } from './host-use.ts';
import { nameOf } from './problems.ts';

/**
 * Refuses a disk that somebody else uses: a reader minds those who write, a writer
 * minds everybody. Throws `image-in-use` with how to end the other use.
 */
export async function refuseInUse(disk: DiskSetting): Promise<void> {
  const holder = await findLockHolder(disk.path, disk.mode === 'rw' ? 'any-use' : 'writing');
  if (holder !== undefined) {
    const who =
      holder === 'unknown' ? "another user's machine" : `${holder.program}, pid ${holder.pid}`;
    const verb = disk.mode === 'rw' ? 'used' : 'written to';
    throw new UtopiaError('image-in-use', `${nameOf(disk)} is being ${verb} by ${who}.`, {
      hint: 'Stop that machine (utopia down in its folder), or attach a copy of the file.',
    });
  }
  const use = await findHostUse(await realpath(disk.path));
  if (use === undefined) return;
  const { device, mountPoint } = use;
  const undo = [
    ...(mountPoint === undefined ? [] : [`sudo umount ${quoteForShell(mountPoint)}`]),
    ...(device.startsWith('/dev/loop') ? [`sudo losetup -d ${device.replace(/p\d+$/, '')}`] : []),
  ];
  throw new UtopiaError(
    'image-in-use',
    `${nameOf(disk)} is in use on this host as ${device}${mountPoint === undefined ? '' : `, mounted on ${mountPoint}`}.`,
    { hint: undo.join(' && ') },
  );
}
