import { firstProblem, info, kvmProblem, pass, skipped, unknown } from '../check.ts';
import type { Check, CheckInput, Finding } from '../check.ts';
import { replaceNode } from '../fixes/commands.ts';
import { containerFix, nameOfContainer } from '../remedies/container.ts';
import { describeFile } from '../source/describe-file.ts';
import { evaluateAccess } from './access.ts';
import { evaluateGroup } from './group.ts';
import { evaluateSession } from './session.ts';
import { evaluateRule } from './udev.ts';

export const deviceChecks: readonly Check[] = [
  {
    id: 'kvm.device',
    group: 'KVM',
    title: 'the device /dev/kvm',
    reads: 'stat of /dev/kvm: a character device 10:232',
    causes: ['no-device', 'no-device-in-container', 'wrong-type'],
    evaluate: evaluateDevice,
  },
  {
    id: 'kvm.udev',
    group: 'KVM',
    title: 'owner and mode of the device',
    reads: 'udev rules with KERNEL=="kvm" in /etc, /run and /usr/lib, when the device is refused',
    causes: ['no-rule', 'rule-not-applied', 'no-udev'],
    evaluate: evaluateRule,
  },
  {
    id: 'kvm.group',
    group: 'KVM',
    title: 'membership in the device’s group',
    reads: '/etc/group and getent for the gid of the device, /etc/passwd for the primary group',
    causes: ['not-in-group', 'no-group'],
    evaluate: evaluateGroup,
  },
  {
    id: 'kvm.session',
    group: 'KVM',
    title: 'groups of this login',
    reads: 'Groups and Gid in /proc/self/status; lingering managers in /proc; /proc/self/uid_map',
    causes: ['session-lacks-group', 'group-not-mapped'],
    evaluate: evaluateSession,
  },
  {
    id: 'kvm.access',
    group: 'KVM',
    title: 'opening /dev/kvm',
    reads: 'open of /dev/kvm for reading and writing',
    causes: ['static-node', 'busy', 'device-denied'],
    evaluate: evaluateAccess,
  },
  {
    id: 'kvm.works',
    group: 'KVM',
    title: 'a guest under KVM',
    reads: 'a guest of seven bytes, run with -accel kvm beside one with -accel tcg',
    causes: ['msr-abort', 'hang', 'too-slow', 'busy', 'host-too-busy', 'canary-failed'],
    evaluate: evaluateCanary,
  },
];

function evaluateDevice(input: CheckInput): Finding {
  const { file } = input.facts.device;
  if (file === undefined) return explainAbsence(input);
  const evidence = [{ path: '/dev/kvm', value: describeFile(file) }];
  // KVM is misc device 232 (linux/miscdevice.h); misc has major number 10.
  const right =
    file.type === 'chr' && (file.rdev === undefined || file.rdev.join(':') === '10:232');
  if (right) return pass('/dev/kvm', evidence);
  const what = file.type === 'chr' ? 'another device' : describeFile(file).split(',')[0];
  const { container } = input.facts.machine;
  return {
    status: input.requireKvm ? 'fail' : 'warn',
    message: `/dev/kvm is not KVM's device but ${file.type === 'chr' ? '' : 'a '}${what}`,
    cause: 'wrong-type',
    why: 'A program that wrote to /dev/kvm while no module was loaded leaves this.',
    evidence,
    fix:
      container === undefined
        ? { kind: 'auto', commands: replaceNode(input.facts), after: 'none' }
        : containerFix(input.facts, container, 'absent'),
  };
}

function explainAbsence(input: CheckInput): Finding {
  const reason = firstProblem(input, [
    'host.arch',
    'host.wsl',
    'cpu.virt',
    'kmod.blacklist',
    'kmod.tree',
    // Inside a container the device has to be passed in, even when the module is there.
    ...(input.facts.machine.container === undefined ? ['kmod.loaded'] : []),
  ]);
  if (reason !== undefined) return skipped(reason.id, 'there is no /dev/kvm');
  const evidence = [{ path: '/dev/kvm', value: 'not there' }];
  const { container } = input.facts.machine;
  if (container !== undefined) {
    return kvmProblem(input, `this is ${nameOfContainer(container)}, started without /dev/kvm`, {
      cause: 'no-device-in-container',
      why: 'A container sees only the devices that it is given.',
      evidence,
      fix: containerFix(input.facts, container, 'absent'),
    });
  }
  return kvmProblem(input, 'there is no /dev/kvm', {
    cause: 'no-device',
    why: 'The module makes the device when it is loaded; this one is not there.',
    evidence,
    fix: { kind: 'auto', commands: replaceNode(input.facts), after: 'none' },
  });
}

function evaluateCanary(input: CheckInput): Finding {
  const { facts, earlier } = input;
  const blocker = firstProblem(input, ['host.arch', 'host.wsl']);
  if (blocker !== undefined) return skipped(blocker.id, 'KVM cannot run the guest');
  const before = ['kvm.device', 'kvm.access']
    .map((id) => earlier.get(id))
    .find((result) => result !== undefined && result.status !== 'pass');
  if (before !== undefined) return skipped(before.because ?? before.id, 'not tried');
  if (facts.qemu.binary === undefined) return skipped('qemu.binary', 'no QEMU to try it with');
  if (facts.qemu.features?.accelerators?.includes('kvm') === false) {
    return skipped('qemu.features', 'this QEMU was built without KVM');
  }
  const { kvm } = facts;
  if (kvm === undefined) {
    const gap = facts.gaps.get('KVM canary');
    return unknown(`not known: no guest was run with KVM${gap === undefined ? '' : ` (${gap})`}`);
  }
  const evidence = [{ path: 'canary', value: `KVM ${kvm.kvmMs} ms, emulation ${kvm.tcgMs} ms` }];
  if (kvm.works) {
    if (kvm.cpuModel === undefined || kvm.cpuModel === 'host') {
      return pass('a guest runs with KVM', evidence);
    }
    return info(`a guest runs with KVM as CPU model ${kvm.cpuModel}`, { evidence });
  }
  return kvmProblem(input, `/dev/kvm opens, but ${kvm.reason ?? 'a guest does not run'}`, {
    cause: kvm.cause ?? 'canary-failed',
    why: canaryReasons[kvm.cause ?? ''] ?? 'The guest of seven bytes did not end as it should.',
    evidence,
    fix: {
      kind: 'manual',
      commands: [],
      after: 'none',
      advice:
        canaryAdvice[kvm.cause ?? ''] ??
        'Nothing that you could do in here: labs run under emulation. A host with working virtualisation is faster.',
    },
  });
}

const canaryAdvice: Readonly<Record<string, string>> = {
  busy: 'Power off the virtual machine of the other hypervisor (VirtualBox, VMware).',
  'host-too-busy': 'Try again when the host has less to do; nothing was remembered.',
};

const canaryReasons: Readonly<Record<string, string>> = {
  'msr-abort':
    'Hypervisors outside that nest halfway do this; older CPU models did not help either.',
  hang: 'The virtual processor starts but gets nowhere: a KVM that is nested where it cannot be.',
  'too-slow': 'Every trap goes through another hypervisor: emulation is faster.',
  'host-too-busy':
    'The same guest did not end under emulation either: that tells nothing about KVM.',
  busy: 'The processor extension can be held by one hypervisor at a time.',
};
