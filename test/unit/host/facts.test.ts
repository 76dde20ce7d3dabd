import { describe, expect, it } from 'vitest';
import { parseGroups } from '../../../src/host/facts/accounts.ts';
import { countWith, parseCpuinfo } from '../../../src/host/facts/cpuinfo.ts';
import { readKernelLog } from '../../../src/host/facts/kernel-log.ts';
import { findConflict, parseListeners } from '../../../src/host/facts/listeners.ts';
import { memoryGroups, parseLimit } from '../../../src/host/facts/memory.ts';
import {
  findBlacklisted,
  findBlacklistedAtBoot,
  parseModules,
} from '../../../src/host/facts/modules.ts';
import { mountedType, parseMounts } from '../../../src/host/facts/mounts.ts';
import {
  holdsGroup,
  mayBindAnyPort,
  parseProcessStatus,
} from '../../../src/host/facts/process-status.ts';
import { detectContainer, leavesIdsOut } from '../../../src/host/facts/container.ts';
import { detectWsl } from '../../../src/host/facts/surroundings.ts';
import { findKvmRules } from '../../../src/host/facts/udev.ts';

describe('/proc/cpuinfo', () => {
  it('counts whole words in flags lines only', () => {
    const cpu = parseCpuinfo(
      'vendor_id\t: AuthenticAMD\nflags\t\t: fpu svm_lock\nvmx flags\t: vmx svm\n',
    );
    expect(countWith(cpu, 'vmx', 'svm')).toBe(0);
    expect(countWith(cpu, 'svm_lock')).toBe(1);
    expect(cpu.vendor).toBe('amd');
  });

  it('sees each processor for itself', () => {
    const cpu = parseCpuinfo('flags : fpu vmx\n\nflags : fpu\n');
    expect([countWith(cpu, 'vmx'), cpu.processors.length]).toEqual([1, 2]);
  });

  it('takes a file without flags for another architecture', () => {
    expect(parseCpuinfo('processor : 0\nFeatures : fp asimd\n').family).toBe('other');
  });
});

describe('the kernel log', () => {
  it.each([
    'kvm: disabled by bios',
    '[    0.5] x86/cpu: VMX (outside TXT) disabled by BIOS',
    'kvm_amd: SVM disabled (by BIOS) in MSR_VM_CR on CPU 0',
  ])('hears that the BIOS did it: %s', (line) => {
    expect(readKernelLog(`Linux version 6.1\n${line}\n`)).toEqual({
      disabledByBios: line.trim(),
      complete: true,
    });
  });

  it('does not take other disabled things for it', () => {
    const text = 'x2apic: disabled by BIOS\nsgx: disabled by BIOS\n';
    expect(readKernelLog(text)).toEqual({ disabledByBios: undefined, complete: false });
  });
});

describe('modules', () => {
  it('compares names exactly', () => {
    expect(parseModules('kvmgt 1 0 - Live\nxkvm 1 0\n').has('kvm')).toBe(false);
    expect(parseModules('').size).toBe(0);
  });

  it.each([
    ['blacklist kvm-intel', 1],
    ['  install kvm_intel /bin/false', 1],
    ['install kvm_intel /usr/bin/true', 1],
    ['install kvm_intel /sbin/modprobe --ignore-install kvm_intel', 0],
    ['# blacklist kvm_intel', 0],
    ['blacklist kvm_intel_extra', 0],
    ['options kvm_intel nested=1', 0],
  ])('reads modprobe.d: %s', (line, found) => {
    expect(findBlacklisted('/etc/modprobe.d/x.conf', `\n${line}\n`, ['kvm_intel'])).toHaveLength(
      found,
    );
  });

  it('names the line', () => {
    expect(findBlacklisted('/a.conf', '#\nblacklist kvm\n', ['kvm'])[0]).toMatchObject({ line: 2 });
  });

  it.each([
    ['quiet modprobe.blacklist=a,kvm-intel', 1],
    ['module_blacklist=kvm_intel', 1],
    ['xmodprobe.blacklist=kvm_intel', 0],
  ])('reads the command line: %s', (commandLine, found) => {
    expect(findBlacklistedAtBoot(commandLine, ['kvm_intel'])).toHaveLength(found);
  });
});

describe('udev rules', () => {
  it('finds those that set owner or mode', () => {
    const text =
      '# KERNEL=="kvm", MODE="0666"\nKERNEL=="kvm", TAG+="uaccess"\nKERNEL=="kvm", GROUP:="kvm", MODE="0660"\nKERNEL=="kvmfr0", MODE="0660"\n';
    expect(findKvmRules('/r', text)).toMatchObject([{ line: 3, group: 'kvm', mode: '0660' }]);
  });
});

describe('groups', () => {
  it('tells members from those whose names only contain theirs', () => {
    const [group] = parseGroups('kvm:x:993:alice2,malice\nbroken\n');
    expect(group?.members.includes('alice')).toBe(false);
  });

  it('sees what newgrp gives in the effective gid only', () => {
    const status = parseProcessStatus('Gid:\t1000\t993\t993\t993\nGroups:\t27 1000 \n');
    expect([holdsGroup(status, 993), holdsGroup(status, 99)]).toEqual([true, false]);
  });

  it('reads the capability to bind any port', () => {
    expect(mayBindAnyPort(parseProcessStatus('CapEff:\t0000000000000400\n'))).toBe(true);
    expect(mayBindAnyPort(parseProcessStatus('CapEff:\t0000000000000200\n'))).toBe(false);
    expect(mayBindAnyPort(parseProcessStatus(''))).toBe(false);
  });
});

/** A line of /proc/net/tcp; address and port as the kernel prints them. */
function row(address: string, port: string, state: string): string {
  return `  0: ${address}:${port} 00000000:0000 ${state} 00000000:00000000 00:00000000 00000000  1000 0 77 1\n`;
}

describe('listening sockets', () => {
  it.each([
    ['0100007F', '127.0.0.1', true],
    ['00000000', '127.0.0.1', true],
    ['0101A8C0', '127.0.0.1', false],
    ['0101A8C0', '0.0.0.0', true],
    ['00000000000000000000000000000000', '127.0.0.1', true],
    ['0000000000000000FFFF00000100007F', '127.0.0.1', true],
    ['00000000000000000000000001000000', '127.0.0.1', false],
  ])('%s is in the way of %s: %s', (address, host, conflict) => {
    const listeners = parseListeners(`header\n${row(address, '56CF', '0A')}`);
    expect(findConflict(listeners, host, 22_223) !== undefined).toBe(conflict);
    expect(findConflict(listeners, host, 22_224)).toBeUndefined();
  });

  it('leaves out connections', () => {
    expect(parseListeners(row('00000000', '56CF', '01'))).toEqual([]);
  });
});

describe('memory limits', () => {
  it('knows the group, its ancestors and the root', () => {
    expect(memoryGroups('0::/user.slice/a.scope\n').map(({ folder }) => folder)).toEqual([
      '/sys/fs/cgroup/user.slice/a.scope',
      '/sys/fs/cgroup/user.slice',
      '/sys/fs/cgroup',
    ]);
    expect(memoryGroups('5:cpu:/x\n4:memory:/job\n').map(({ folder }) => folder)).toEqual([
      '/sys/fs/cgroup/memory/job',
      '/sys/fs/cgroup/memory',
    ]);
  });

  it.each([
    ['max\n', undefined],
    ['1073741824\n', 1_073_741_824],
    ['9223372036854771712\n', undefined],
    [undefined, undefined],
  ])('reads %j', (text, bytes) => {
    expect(parseLimit(text)).toBe(bytes);
  });
});

describe('surroundings', () => {
  it.each([
    ['Linux version 4.4.0-19041-Microsoft (Microsoft@Microsoft.com)', false, 1],
    ['Linux version 5.15.153.1-microsoft-standard-WSL2', true, 2],
    ['Linux version 6.6.36.6-custom', true, 2],
    ['Linux version 6.8.0-45-generic', false, undefined],
  ])('%s (interop %s) is WSL %s', (version, interop, wsl) => {
    expect(detectWsl(version, interop)).toBe(wsl);
  });

  const plain = '/dev/sda1 / ext4 rw 0 0\nudev /dev devtmpfs rw 0 0\n';
  const engine = 'overlay / overlay rw 0 0\ntmpfs /dev tmpfs rw 0 0\n';
  const live = 'overlay / overlay rw 0 0\nudev /dev devtmpfs rw 0 0\n';
  it.each([
    [['/.dockerenv'], plain, false],
    [['/.dockerenv'], engine, true],
    [[], engine, true],
    [[], live, false],
    [[], plain, false],
  ])('markers %j on %j: container %s', (markers, mounts, container) => {
    const found = detectContainer({
      ...{ markers, mounts: parseMounts(mounts), env: {}, manager: undefined },
      ...{ kernel: undefined, userNamespace: false },
    });
    expect(found !== undefined).toBe(container);
  });

  it.each([
    // A user namespace on a machine that was made of an image, and in a container.
    [['/.dockerenv'], plain, 'user-namespace'],
    [['/.dockerenv'], engine, 'docker-rootless'],
    [['/run/.containerenv'], engine, 'podman-rootless'],
    [['/run/.containerenv', '/run/.toolboxenv'], plain, 'toolbox'],
    [[], 'proc /proc proc rw 0 0\n', 'chroot'],
  ])('markers %j on %j with ids left out: %s', (markers, mounts, kind) => {
    const found = detectContainer({
      ...{ markers, mounts: parseMounts(mounts), env: {}, manager: undefined },
      ...{ kernel: undefined, userNamespace: kind !== 'chroot' },
    });
    expect(found?.kind).toBe(kind);
  });

  it.each([
    ['         0          0 4294967295\n', false],
    ['         0       1000          1\n         1     100000      65536\n', true],
    ['', false],
    [undefined, false],
  ])('user ids %j leave some out: %s', (text, out) => {
    expect(leavesIdsOut(text)).toBe(out);
  });

  it('reads mountinfo as well', () => {
    const mounts = parseMounts('22 1 0:21 / /dev rw,nosuid shared:2 - tmpfs tmpfs rw\n');
    expect(mountedType(mounts, '/dev')).toBe('tmpfs');
  });
});
