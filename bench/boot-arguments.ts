/** utopia.sh's QEMU arguments of 2024 over this overlay, with TCG instead of KVM. */
export function utopiaShArguments(overlay: string, port: number): string[] {
  return [
    ...['-machine', 'pc', '-accel', 'tcg', '-m', '1024', '-smp', '2'],
    ...['-drive', `file=${overlay},if=virtio,format=qcow2`],
    ...['-net', 'nic', '-net', `user,hostfwd=tcp:127.0.0.1:${port}-:22`],
    // The screen of utopia.sh is a VNC server on a fixed display; `none` costs the guest the same.
    ...['-display', 'none', '-serial', 'none', '-monitor', '/dev/null'],
  ];
}

/** What `utopia up` passes, as far as it matters for the time a boot takes. */
export function utopiaArguments(overlay: string, port: number, consoleLog: string): string[] {
  return [
    ...['-nodefaults', '-no-user-config', '-machine', 'pc', '-accel', 'tcg'],
    ...['-smp', '2', '-m', '1024M', '-boot', 'strict=on'],
    ...['-drive', `file=${overlay},if=none,id=disk0,format=qcow2,discard=unmap`],
    ...['-device', 'virtio-blk-pci,drive=disk0,addr=0x4,bootindex=1'],
    ...['-netdev', `user,id=net0,hostfwd=tcp:127.0.0.1:${port}-:22`],
    ...['-device', 'virtio-net-pci,netdev=net0,addr=0x3,romfile='],
    ...['-vga', 'std', '-display', 'none', '-device', 'virtio-rng-pci', '-device', 'pvpanic'],
    ...['-chardev', `file,id=console0,path=${consoleLog}`],
    ...['-device', 'isa-serial,chardev=console0'],
  ];
}
