/**
 * How a guest mounts the shared folder, in the words of 9p (Documentation/filesystems/9p.rst).
 * cache=none: what one side writes, the other reads. Images, `utopia mount` and `utopia run`
 * do it alike; the first two add which users may (`access=client`).
 */
export const shareOptions = 'trans=virtio,version=9p2000.L,msize=512000,cache=none';
