/** A device of QEMU that the courses use. */
export interface LabDevice {
  /** As `-device` takes it. */
  readonly name: string;
  /** What utopia itself gives to a machine, or what an exercise asks for. */
  readonly part: 'machine' | 'exercise';
  /** What it is for, in half a line. */
  readonly purpose: string;
  /** How an exercise gets it, as arguments for QEMU. */
  readonly args?: readonly string[];
  /** For one that a stock QEMU may lack: how a QEMU comes to have it. */
  readonly built?: string;
}

/** The devices that `utopia devices` lists, in its order. */
export const labDevices: readonly LabDevice[] = [
  {
    name: 'virtio-blk-pci',
    part: 'machine',
    purpose: 'the root disk and exercise disks (vda, vdb …)',
  },
  { name: 'virtio-net-pci', part: 'machine', purpose: 'the network card' },
  {
    name: 'virtio-9p-pci',
    part: 'machine',
    purpose: 'the shared folder',
    built: 'configure --enable-virtfs',
  },
  { name: 'isa-serial', part: 'machine', purpose: 'console (ttyS0), sensor stream (ttyS1)' },
  { name: 'virtio-rng-pci', part: 'machine', purpose: 'random numbers for the guest' },
  { name: 'pvpanic', part: 'machine', purpose: 'tells the host of a panic (ISA, old kernels too)' },
  { name: 'pvpanic-pci', part: 'machine', purpose: 'the same for PCI' },
  { name: 'vmgenid', part: 'machine', purpose: 'tells a restored guest to reseed itself' },
  {
    name: 'vmcoreinfo',
    part: 'machine',
    purpose: "the kernel's notes in a dump of its memory",
  },
  { name: 'isa-debugcon', part: 'machine', purpose: "the firmware's log" },
  {
    name: 'virtio-cryptodev-pci',
    part: 'exercise',
    purpose: "the crypto exercise's own device",
    args: ['-device', 'virtio-cryptodev-pci'],
    built: "the exercise's patch; no stock QEMU has it",
  },
  {
    name: 'virtio-crypto-pci',
    part: 'exercise',
    purpose: "QEMU's own crypto device",
    args: [
      '-object',
      'cryptodev-backend-builtin,id=crypto0',
      '-device',
      'virtio-crypto-pci,cryptodev=crypto0',
    ],
    built: 'a QEMU with a crypto library (nettle or gcrypt)',
  },
  {
    name: 'edu',
    part: 'exercise',
    purpose: 'a PCI device to write a first driver for',
    args: ['-device', 'edu'],
  },
  {
    name: 'virtio-serial-pci',
    part: 'exercise',
    purpose: 'byte channels between guest and host',
    args: ['-device', 'virtio-serial-pci'],
  },
  {
    name: 'ivshmem-plain',
    part: 'exercise',
    purpose: 'memory shared with the host or a guest',
    args: [
      '-object',
      'memory-backend-file,id=shm0,share=on,mem-path=/dev/shm/lab,size=1M',
      '-device',
      'ivshmem-plain,memdev=shm0',
    ],
  },
  {
    name: 'e1000',
    part: 'exercise',
    purpose: "utopia.sh's network card",
    args: ['-netdev', 'user,id=net1', '-device', 'e1000,netdev=net1'],
  },
];
