import { info, pass, unknown, type Check } from '../check.ts';
import type { MachineFacts } from '../facts/machine-facts.ts';
import { nameOfContainer } from '../remedies/container.ts';

/** The image is for this architecture; elsewhere every instruction is emulated. */
const guestArch = 'x86_64';

/** An Android phone has a KVM that no app may use, and of another architecture. */
function adviseForeign({ env }: MachineFacts): string {
  const android = env['TERMUX_VERSION'] === undefined ? '' : 'Android lets no app use KVM. ';
  return `${android}For speed, work on an x86-64 computer, over ssh if need be; here labs run slowly.`;
}

export const hostChecks: readonly Check[] = [
  {
    id: 'host.arch',
    group: 'Host',
    title: 'processor architecture',
    reads: '`uname -m`, /proc/cpuinfo',
    causes: ['foreign-arch'],
    evaluate: ({ facts: { machine }, requireKvm }) => {
      const { arch, cpu } = machine;
      const seen = arch ?? (cpu?.family === 'other' ? 'not x86' : undefined);
      if (seen === undefined) return unknown('the architecture is not known: no /proc/cpuinfo');
      const evidence = [{ path: 'uname -m', value: seen }];
      const native = seen === guestArch || seen === 'amd64';
      const translated = cpu?.translated === true;
      if (native && cpu?.family !== 'other' && !translated) return pass(guestArch, evidence);
      const foreign = translated
        ? 'a Mac with an Apple processor, which translates x86 programs'
        : native
          ? 'not x86 by /proc/cpuinfo'
          : seen;
      return {
        status: requireKvm ? 'fail' : 'warn',
        message: `this host is ${foreign}, the lab's guest ${guestArch}: only emulation is possible`,
        cause: 'foreign-arch',
        why: 'KVM runs guests of its own architecture only.',
        evidence,
        fix: {
          kind: 'manual',
          commands: [],
          after: 'none',
          advice: adviseForeign(machine),
        },
      };
    },
  },
  {
    id: 'host.root',
    group: 'Host',
    title: 'who runs the machine',
    reads: 'the effective user id',
    causes: ['running-as-root'],
    evaluate: ({ facts: { account, machine } }) => {
      const { uid, name } = account;
      if (uid === undefined) return unknown('the user is not known: no /proc/self/status');
      const evidence = [{ path: '/proc/self/status', value: `Uid ${uid}` }];
      if (uid !== 0) return pass(`runs as ${name ?? `user id ${uid}`}`, evidence);
      if (machine.container?.userNamespace === true) {
        return pass('root in here is another user outside', evidence);
      }
      return {
        status: 'warn',
        message: 'QEMU would run as root',
        cause: 'running-as-root',
        why: "A guest that breaks out of QEMU would then own the host. A user's rights are enough.",
        evidence,
        fix: { kind: 'manual', commands: [], after: 'none', advice: 'Run utopia as yourself.' },
      };
    },
  },
  {
    id: 'host.wsl',
    group: 'Host',
    title: 'Windows Subsystem for Linux',
    reads: '/proc/version, the kernel release, /proc/sys/fs/binfmt_misc/WSLInterop',
    causes: ['wsl1'],
    evaluate: ({ facts: { machine } }) => {
      const evidence = [{ path: '/proc/version', value: machine.kernel ?? '' }];
      if (machine.wsl === undefined) return pass('not in the Windows Subsystem for Linux');
      if (machine.wsl === 2) {
        return info('WSL 2: a real kernel; KVM works where Windows allows nesting', { evidence });
      }
      return {
        status: 'fail',
        message: 'WSL 1 has no Linux kernel that could run a virtual machine',
        cause: 'wsl1',
        why: 'WSL 1 translates system calls; WSL 2 runs a real kernel, with KVM.',
        evidence,
        fix: {
          kind: 'manual',
          commands: [
            {
              argv: ['wsl.exe', '--set-version', machine.env['WSL_DISTRO_NAME'] ?? 'NAME', '2'],
              root: false,
              why: 'in Windows: converts this distribution (wsl.exe -l -v shows its name)',
            },
          ],
          after: 'relogin',
        },
      };
    },
  },
  {
    id: 'host.container',
    group: 'Host',
    title: 'container',
    reads:
      '/.dockerenv, /run/.containerenv, /run/systemd/container and their kin, the mounts of / and /dev, /proc/self/uid_map',
    causes: [],
    evaluate: ({ facts: { machine } }) => {
      const { container, containerMarkers } = machine;
      if (container !== undefined) {
        const where = `in ${nameOfContainer(container)}`;
        return info(`${where}: devices are passed in from outside, modules load outside`, {
          evidence: container.signs.map((sign) => ({ path: sign, value: 'found' })),
        });
      }
      if (containerMarkers.length === 0) return pass('not in a container');
      return pass(
        `not in a container, whatever ${containerMarkers[0]} says`,
        containerMarkers.map((path) => ({ path, value: 'found, without a second sign' })),
      );
    },
  },
  {
    id: 'host.nested',
    group: 'Host',
    title: 'virtual machine',
    reads: 'the flag `hypervisor` in /proc/cpuinfo, /sys/class/dmi/id/sys_vendor',
    causes: [],
    evaluate: ({ facts: { machine } }) => {
      const { cpu, vendor } = machine;
      if (cpu === undefined) return unknown('not known: no /proc/cpuinfo');
      if (!cpu.processors.some((flags) => flags.has('hypervisor'))) {
        return pass('not in a virtual machine');
      }
      const where = vendor === undefined ? '' : ` of ${vendor}`;
      return info(`this host is a virtual machine itself${where}`, {
        evidence: [
          { path: '/proc/cpuinfo', value: 'hypervisor' },
          ...(vendor === undefined
            ? []
            : [{ path: '/sys/class/dmi/id/sys_vendor', value: vendor }]),
        ],
      });
    },
  },
];
