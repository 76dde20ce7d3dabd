import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { UtopiaError } from '../../../src/errors.ts';
import { askedDevices, refuseMissingDevices } from '../../../src/host/asked-devices.ts';
import { labDevices } from '../../../src/host/lab-devices.ts';
import { needsOfHost } from '../../support/requirements.ts';

const qemu = {
  binary: '/usr/bin/qemu-system-x86_64',
  version: '7.2.22',
  devices: new Set(['virtio-blk-pci', 'virtio-crypto-pci', 'edu', 'e1000', 'e1000-82545em']),
};

function refusal(...args: readonly string[]): UtopiaError {
  try {
    refuseMissingDevices(qemu, args, 'UTOPIA_EXTRA_ARGS');
  } catch (error) {
    if (error instanceof UtopiaError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

test.each([
  [[], []],
  [['-device', 'edu'], ['edu']],
  [['--device', 'edu,addr=0x9'], ['edu']],
  [['-device', 'addr=0x9,driver=edu'], ['edu']],
  [['-device', '{"driver": "edu", "addr": "09"}'], ['edu']],
  [['-device', 'help', '-device', '?', '-device', 'edu,help'], ['edu']],
  [['-name', '-device', 'edu'], ['edu']],
  [['-device'], []],
  [['-append', 'device=x'], []],
])('%j asks for %j', (args, names) => {
  expect(askedDevices(args)).toEqual(names);
});

describe('refused before the start', () => {
  test('the exercise’s own device, with how to name the QEMU that has it', () => {
    const error = refusal('-device', 'virtio-cryptodev-pci');
    expect(error).toMatchObject({ code: 'qemu-unsuitable' });
    expect(error.message).toContain('UTOPIA_EXTRA_ARGS asks for the device virtio-cryptodev-pci');
    expect(error.details.join(' ')).toContain("the exercise's patch");
    expect(error.hint).toContain('QEMU_BUILD_DIR=');
  });

  test('a name that is nearly right', () => {
    expect(refusal('-device', 'e1000-8254').details).toEqual(['It has e1000, e1000-82545em.']);
  });

  test('the crypto device without its back end', () => {
    expect(refusal('-device', 'virtio-crypto-pci').hint).toContain(
      '-object cryptodev-backend-builtin',
    );
    const args = labDevices.find(({ name }) => name === 'virtio-crypto-pci')?.args ?? [];
    expect(() => refuseMissingDevices(qemu, args, '')).not.toThrow();
  });
});

describe('the arguments that utopia devices shows', () => {
  needsOfHost('qemu');
  const shown = labDevices.filter(({ args }) => args !== undefined);
  test.each(shown.map(({ name, args = [] }) => [name, args] as const))(
    '%s: QEMU takes them, or lacks the device',
    (name, args) => {
      const halted = [
        '-S',
        '-accel',
        'tcg',
        '-nodefaults',
        '-display',
        'none',
        '-monitor',
        'stdio',
      ];
      // The shared memory's file would stay behind.
      const words = args.map((word) =>
        word.replace('mem-path=/dev/shm/lab,', 'mem-path=/dev/shm,'),
      );
      const { stderr, stdout, status } = spawnSync('qemu-system-x86_64', [...halted, ...words], {
        input: 'quit\n',
        encoding: 'utf8',
        timeout: 30_000,
      });
      if (stderr.includes(`'${name}' is not a valid device model name`)) return;
      expect(status, stdout + stderr).toBe(0);
    },
  );
});
