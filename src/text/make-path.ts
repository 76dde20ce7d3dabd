/**
 * Whether make can build in a folder: its words end at blanks, and targets at colons, so that the
 * Makefiles of Linux and QEMU refuse such paths. Pure.
 */
export function fitsMake(path: string): boolean {
  return !/[\s:]/.test(path);
}
