import { partitionStartBytes } from './disk.ts';

/**
 * Named one by one, so that the host's mke2fs.conf cannot add what the guest's
 * e2fsck or grub does not know.
 */
const features =
  'none,has_journal,ext_attr,resize_inode,dir_index,filetype,extent,64bit,flex_bg,sparse_super,large_file,huge_file,dir_nlink,extra_isize,metadata_csum';

/**
 * mke2fs's argument list: makes the file system from a tree of files right inside
 * the disk image that is open as descriptor 0, so that nothing is copied twice.
 */
export function filesystemArgv(tree: string, diskBytes: number): string[] {
  const blocks = Math.floor((diskBytes - partitionStartBytes) / 4096);
  return [
    'mke2fs',
    ...['-q', '-F', '-t', 'ext4', '-b', '4096', '-m', '1', '-L', 'utopia'],
    ...['-O', features],
    // mke2fs sees that a new sparse file reads as zeros and marks the inode tables as done.
    ...['-E', `offset=${partitionStartBytes},root_owner=0:0`],
    ...['-d', tree, '/dev/fd/0', String(blocks)],
  ];
}
