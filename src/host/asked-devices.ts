import { UtopiaError } from '../errors.ts';
import { labDevices } from './lab-devices.ts';
import type { QemuInstallation } from './qemu-installation.ts';

/**
 * The devices that arguments for QEMU ask for: `-device NAME,…`, `-device
 * driver=NAME,…`, `-device '{"driver": "NAME"}'`, each with one dash or two.
 */
export function askedDevices(args: readonly string[]): string[] {
  return args.flatMap((word, index) => {
    if (word !== '-device' && word !== '--device') return [];
    const name = driverOf(args[index + 1] ?? '');
    // Lists the devices, or the properties of one, and ends.
    return name === '' || name === 'help' || name === '?' ? [] : [name];
  });
}

function driverOf(value: string): string {
  if (value.trimStart().startsWith('{')) {
    return /"driver"\s*:\s*"([^"]*)"/.exec(value)?.[1] ?? '';
  }
  const named = /(?:^|,)driver=([^,]*)/.exec(value)?.[1];
  return named ?? value.split(',')[0] ?? '';
}

/**
 * Refuses arguments that ask for a device this very binary was built without, and
 * QEMU's crypto device without its back end. `source` names where they stand.
 * Throws `qemu-unsuitable`.
 */
export function refuseMissingDevices(
  qemu: Pick<QemuInstallation, 'binary' | 'version' | 'devices'>,
  args: readonly string[],
  source: string,
): void {
  for (const name of askedDevices(args)) {
    if (!qemu.devices.has(name)) throw missing(qemu, name, source);
    if (name === 'virtio-crypto-pci' && !args.some((word) => word.includes('cryptodev='))) {
      throw new UtopiaError(
        'qemu-unsuitable',
        `${source} asks for virtio-crypto-pci, which needs a back end.`,
        { hint: (labDevices.find((each) => each.name === name)?.args ?? []).join(' ') },
      );
    }
  }
}

function missing(
  { binary, version, devices }: Pick<QemuInstallation, 'binary' | 'version' | 'devices'>,
  name: string,
  source: string,
): UtopiaError {
  const known = labDevices.find((each) => each.name === name);
  const near = [...devices].filter((each) => each.startsWith(name) || name.startsWith(`${each}-`));
  const reason =
    known?.built === undefined ? [] : [`Why  ${known.purpose}; it takes ${known.built}`];
  const likely = near.length === 0 ? [] : [`It has ${near.slice(0, 4).join(', ')}.`];
  return new UtopiaError(
    'qemu-unsuitable',
    `${source} asks for the device ${name}, and ${binary} (QEMU ${version}) was built without it.`,
    {
      details: [...reason, ...likely],
      hint:
        'Name the QEMU that has it, by prefix or build tree: QEMU_BUILD_DIR=~/opt/qemu\n' +
        'utopia devices shows what this one has',
    },
  );
}
