/** Whether an option's value is one that cannot have QEMU run a program or write a file of its own choice. */
type IsHarmless = (value: string) => boolean;

const any: IsHarmless = () => true;
const starts =
  (pattern: RegExp): IsHarmless =>
  (value) =>
    pattern.test(value);

/** Without what starts smbd or a program, gives files away by TFTP, or opens ports of the host. */
const plainUserNetwork: IsHarmless = (value) =>
  /^(?:user|hubport)\b/.test(value) && !/(?:^|,)(?:smb|guestfwd|tftp|hostfwd)=/.test(value);

const plainObject: IsHarmless = (value) => {
  if (value.startsWith('memory-backend-file,')) return isSharedMemory(value);
  return /^(?:rng-builtin|cryptodev-backend-builtin|iothread|throttle-group|memory-backend-(?:ram|memfd)),/.test(
    value,
  );
};

/** What the guide has for ivshmem: a file in memory. Of options that stand twice the last counts. */
function isSharedMemory(value: string): boolean {
  const files = value.split(',').filter((part) => part.startsWith('mem-path='));
  const plain = files.every((part) => /^mem-path=\/dev\/shm\/[\w-]+$/.test(part));
  return files.length > 0 && plain && !value.includes(',,');
}

/**
 * QEMU's options that somebody else's configuration may use unasked, and which of their values
 * (qemu(1)). An allow-list: QEMU has dozens that start programs (`-netdev tap,script=`,
 * `-incoming exec:`), load them (`-plugin`), write files (`-D`, `-chardev file`), read more options
 * (`-readconfig`) or end its sandbox, and each version has new ones.
 */
const harmless: Readonly<Record<string, IsHarmless | 'no value'>> = {
  '-append': any,
  '-kernel': any,
  '-initrd': any,
  '-device': any,
  '-global': any,
  '-object': plainObject,
  '-netdev': plainUserNetwork,
  '-nic': plainUserNetwork,
  '-machine': (value) => !value.includes('dumpdtb'),
  '-M': (value) => !value.includes('dumpdtb'),
  '-accel': any,
  '-cpu': any,
  '-smp': any,
  '-m': any,
  '-rtc': any,
  '-boot': any,
  '-vga': any,
  '-bios': any,
  '-display': starts(/^none$/),
  '-monitor': starts(/^none$/),
  '-serial': starts(/^(?:none|null|stdio|pty)$/),
  // `-s`, and an address left out, is every address of the host: whoever comes commands the guest.
  '-gdb': starts(/^tcp:(?:127\.0\.0\.1|localhost):\d+$/),
  '-S': 'no value',
  '-usb': 'no value',
  '-no-reboot': 'no value',
  '-no-shutdown': 'no value',
};

/**
 * Of arguments for QEMU those that may run programs, write files or loosen its sandbox, with
 * their values; what is not known counts as such. Pure.
 */
export function riskyArguments(words: readonly string[]): string[] {
  const risky: string[] = [];
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? '';
    const name = word.startsWith('--') ? word.slice(1) : word;
    const check = Object.hasOwn(harmless, name) ? harmless[name] : undefined;
    if (check === 'no value') continue;
    const value = words[at + 1];
    // An option with a value, as QEMU has it, takes the next word whatever it looks like.
    if (check !== undefined || (word.startsWith('-') && value?.startsWith('-') === false)) at += 1;
    if (check !== undefined && (value === undefined || check(value))) continue;
    risky.push(value === undefined || words[at] === word ? word : `${word} ${value}`);
  }
  return risky;
}
