import { describe, expect, test } from 'vitest';
import { doubleCommas, machineArgv } from '../../../src/machine/argv.ts';
import { planMachine, type MachinePlan } from '../../../src/machine/plan.ts';
import { samplePlanInput } from './sample-plan.ts';

function argvOf(changes: Parameters<typeof samplePlanInput>[0] = {}): string[] {
  return machineArgv(planMachine(samplePlanInput(changes)));
}

/** The value that follows an option, for options that stand once. */
function valueOf(argv: readonly string[], option: string): string | undefined {
  return argv[argv.indexOf(option) + 1];
}

test('the whole list of the default machine', async () => {
  await expect(`${argvOf().join('\n')}\n`).toMatchFileSnapshot(
    '../../../fixtures/argv/default.txt',
  );
});

test('the same plan gives the same list', () => {
  expect(argvOf()).toEqual(argvOf());
});

test('memory that lies in a file has the name of QEMU’s own', () => {
  const plan = planMachine(samplePlanInput());
  const file = '/store/a, b/memory';
  const machineType = 'pc-i440fx-7.2';
  const mapped = machineArgv({ ...plan, machineType, memory: { kind: 'mapped', file } });
  expect(valueOf(mapped, '-machine')).toBe('pc-i440fx-7.2,memory-backend=pc.ram');
  expect(valueOf(mapped, '-object')).toBe(
    'memory-backend-file,id=pc.ram,size=1024M,share=off,mem-path=/store/a,, b/memory',
  );
  const shared = machineArgv({ ...plan, memory: { kind: 'shared' } });
  expect(valueOf(shared, '-object')).toBe('memory-backend-memfd,id=pc.ram,size=1024M,share=on');
});

test('a machine whose crashes somebody waits for has its kernel wait there, and no other', () => {
  const plan = planMachine(samplePlanInput());
  expect(machineArgv(plan)).not.toContain('-smbios');
  const watched = machineArgv({ ...plan, onCrash: { action: 'keep', socket: '/run/crash' } });
  expect(valueOf(watched, '-smbios')).toMatch(/^type=11,value=[^,]+pause_on_oops - - - - 1$/);
});

test('the disk of a kernel’s modules comes behind the exercise disks, read-only', () => {
  const disk = {
    path: '/lab/a.img',
    file: '/lab/a.img',
    name: 'a',
    mode: 'ro',
    format: 'raw',
    ownFormat: 'raw',
  } as const;
  const argv = argvOf({
    disks: [disk],
    kernel: {
      ...{ name: 'mine', version: '6.1.192', image: '/store/a,b/bzImage', initrd: '/store/i' },
      append: 'root=/dev/vda1 rw',
      modules: { file: '/store/a,b/modules.ext4', stamp: '' },
    },
  });
  const from = argv.indexOf('-kernel');
  expect(argv.indexOf('virtio-blk-pci,drive=exercise0,serial=a')).toBeLessThan(from);
  expect(argv.slice(from, from + 10)).toEqual([
    ...['-kernel', '/store/a,b/bzImage', '-initrd', '/store/i', '-append'],
    'root=/dev/vda1 rw init=/bin/sh -- -c "mkdir -p /lib/modules/6.1.192; mount -t ext4 -r /dev/vdc /lib/modules/6.1.192; exec /sbin/init"',
    ...['-drive', 'file=/store/a,,b/modules.ext4,if=none,id=modules0,format=raw,readonly=on'],
    ...['-device', 'virtio-blk-pci,drive=modules0,serial=utopia-modules'],
  ]);
});

describe('what students depend on', () => {
  test('the host port leads to the guest’s ssh', () => {
    expect(valueOf(argvOf(), '-netdev')).toBe('user,id=net0,hostfwd=tcp:127.0.0.1:22223-:22');
  });

  test('a guest without a network still has its forwards', () => {
    const forward = { protocol: 'udp', host: '127.0.0.1', hostPort: 99, guestPort: 9 } as const;
    expect(valueOf(argvOf({ network: 'none', forwards: [forward] }), '-netdev')).toBe(
      'user,id=net0,restrict=on,hostfwd=tcp:127.0.0.1:22223-:22,hostfwd=udp:127.0.0.1:99-:9',
    );
  });

  test('a machine that is reached privately has no listener, and an isolated one no way out', () => {
    const plan = planMachine(samplePlanInput());
    const netdev = (changes: Partial<MachinePlan>): string | undefined =>
      valueOf(machineArgv({ ...plan, ...changes }), '-netdev');
    expect(netdev({ sshListens: false })).toBe('user,id=net0');
    expect(netdev({ sshListens: false, isolated: true })).toBe('user,id=net0,restrict=on');
    expect(netdev({ isolated: true })).toBe(
      'user,id=net0,restrict=on,hostfwd=tcp:127.0.0.1:22223-:22',
    );
  });

  test('the overlay is the first virtio disk, with its format said', () => {
    const argv = argvOf();
    expect(valueOf(argv, '-drive')).toContain(
      'file=/lab/private.qcow2,if=none,id=disk0,format=qcow2',
    );
    expect(argv).toContain('virtio-blk-pci,drive=disk0,addr=0x4,bootindex=1');
  });

  test('the network card sits where utopia.sh had it, so that its name in the guest stays', () => {
    expect(argvOf().find((word) => word.startsWith('virtio-net-pci'))).toContain('addr=0x3');
  });

  test('the share has the tag shared', () => {
    expect(argvOf()).toContain('virtio-9p-pci,fsdev=share0,mount_tag=shared');
  });

  test('the screen is on the display that was asked for, or nowhere', () => {
    expect(valueOf(argvOf(), '-vnc')).toBe('127.0.0.1:0');
    const without = argvOf({ vnc: undefined });
    expect(without).not.toContain('-vnc');
    expect(valueOf(without, '-display')).toBe('none');
  });

  test('a screen on a private socket is one argument, whatever is in its path', () => {
    const argv = argvOf({ vnc: { socket: '/run/a, b/vnc.sock' } });
    expect(valueOf(argv, '-vnc')).toBe('unix:/run/a,, b/vnc.sock');
  });

  test('more forwards stand behind that of ssh', () => {
    const argv = argvOf({
      forwards: [
        { protocol: 'tcp', host: '127.0.0.1', hostPort: 8080, guestPort: 80 },
        { protocol: 'udp', host: '0.0.0.0', hostPort: 35_001, guestPort: 35_001 },
      ],
    });
    expect(valueOf(argv, '-netdev')).toBe(
      'user,id=net0,hostfwd=tcp:127.0.0.1:22223-:22,' +
        'hostfwd=tcp:127.0.0.1:8080-:80,hostfwd=udp:0.0.0.0:35001-:35001',
    );
  });

  test('extra arguments come last: those of the config, then those of the command line', () => {
    const argv = argvOf({ extraArgs: ['-cpu', 'max'], commandLineArgs: ['-append', 'a b'] });
    expect(argv.slice(-4)).toEqual(['-cpu', 'max', '-append', 'a b']);
  });
});

test('the sensor feed is the second serial port, behind the console, and only where asked for', () => {
  const argv = argvOf({ sensors: { kind: 'sim', faults: [] } });
  expect(argv.indexOf('isa-serial,chardev=sensors0,index=1')).toBeGreaterThan(
    argv.indexOf('chardev:console0'),
  );
  expect(argv).toContain(
    'socket,id=sensors0,path=/run/user/1000/utopia/lab-f72cff53/sensors.sock,server=on,wait=off',
  );
  expect(argvOf().join(' ')).not.toContain('sensors0');
});

test('exercise disks come after every other PCI device, in their order', () => {
  const disk = { path: '/a,b.img', file: '/a,b.img', format: 'raw', ownFormat: 'raw' } as const;
  const argv = argvOf({
    disks: [
      { ...disk, mode: 'rw', name: 'one' },
      { ...disk, mode: 'ro', name: 'two' },
    ],
  });
  const devices = argv.filter((_word, index) => argv[index - 1] === '-device');
  expect(devices.slice(-2)).toEqual([
    'virtio-blk-pci,drive=exercise0,serial=one',
    'virtio-blk-pci,drive=exercise1,serial=two',
  ]);
  expect(argv).toContain('file=/a,,b.img,if=none,id=exercise1,format=raw,readonly=on');
});

describe('what this QEMU lacks is left out', () => {
  test('no seccomp, no panic device, no generation id, no debug port', () => {
    const argv = argvOf({ devices: ['virtio-blk-pci'], hasSandbox: false });
    for (const word of ['-sandbox', 'pvpanic', '-action', 'vmgenid,guid=auto', 'virtio-rng-pci']) {
      expect(argv).not.toContain(word);
    }
    expect(argv.join(' ')).not.toContain('isa-debugcon');
  });

  test('a user who brings a sandbox of their own gets only that', () => {
    const argv = argvOf({ extraArgs: ['-sandbox', 'off'] });
    expect(argv.filter((word) => word === '-sandbox')).toHaveLength(1);
    expect(argv.at(-1)).toBe('off');
  });

  test('monitors are objects where this QEMU has such, which warns of -mon', () => {
    const monitors = (objects: string[]): string[] =>
      argvOf({ objects }).filter((word) => /(?:qmp|watch)0(?:,mode=control)?$/.test(word));
    expect(monitors(['iothread', 'monitor-hmp', 'monitor-qmp'])).toEqual([
      'monitor-qmp,id=monitor-qmp0,chardev=qmp0',
      'monitor-qmp,id=monitor-watch0,chardev=watch0',
    ]);
    expect(argvOf({ objects: ['monitor-qmp'] })).not.toContain('-mon');
    expect(monitors(['iothread'])).toEqual([
      'chardev=qmp0,mode=control',
      'chardev=watch0,mode=control',
    ]);
  });

  test('-action came with QEMU 6', () => {
    expect(argvOf({ version: '5.2.0' })).not.toContain('-action');
    expect(argvOf({ version: '10.0.2' })).toContain('-action');
  });
});

test('commas and blanks in paths are one argument with doubled commas', () => {
  const argv = argvOf({ overlay: '/εργαστήριο, 2/private.qcow2', sharedDir: '/a,b c' });
  expect(valueOf(argv, '-drive')).toMatch(/^file=\/εργαστήριο,, 2\/private\.qcow2,if=none/);
  expect(valueOf(argv, '-fsdev')).toContain('path=/a,,b c,security_model');
  expect(doubleCommas(',x,,')).toBe(',,x,,,,');
});

test('KVM brings its CPU model', () => {
  const plan: MachinePlan = planMachine(
    samplePlanInput({ acceleration: { accelerator: 'kvm', cpuModel: 'host' } }),
  );
  const argv = machineArgv(plan);
  expect([valueOf(argv, '-accel'), valueOf(argv, '-cpu')]).toEqual(['kvm', 'host']);
});
