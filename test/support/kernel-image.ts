/**
 * The head of an x86 kernel image as arch/x86/boot/header.S lays it out, with one setup sector and
 * 32 bytes behind it: enough for whoever reads its version, and no program.
 */
export function kernelImage(
  version: string,
  { is64Bit = true }: { readonly is64Bit?: boolean } = {},
): Buffer {
  const bytes = Buffer.alloc(1024 + 32);
  bytes[0x1f1] = 1;
  bytes.writeUInt32LE(2, 0x1f4);
  bytes.write('HdrS', 0x202, 'latin1');
  bytes.writeUInt16LE(0x20f, 0x206);
  bytes.writeUInt16LE(0x100, 0x20e);
  bytes.writeUInt16LE(is64Bit ? 1 : 0, 0x236);
  bytes.writeUInt32LE(8, 0x248);
  bytes.writeUInt32LE(16, 0x24c);
  bytes.write(`${version} (root@host) #1 SMP\0`, 0x300, 'latin1');
  return bytes;
}
