/** Firmware that a machine does not start, or shows nothing, without: names in share/qemu. */
export const firmwareFiles = [
  'bios-256k.bin',
  'vgabios-stdvga.bin',
  'kvmvapic.bin',
  'linuxboot_dma.bin',
] as const;

/** Where distributions have it, the ones of their own packages first (Debian, Fedora, SUSE, Arch). */
export const firmwareFolders = [
  '/usr/share/qemu',
  '/usr/share/seabios',
  '/usr/share/seavgabios',
  '/usr/lib/ipxe/qemu',
  '/usr/share/ipxe/qemu',
  '/usr/share/qemu-kvm',
  '/usr/share/vgabios',
] as const;
