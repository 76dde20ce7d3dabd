import { firstProblem, kvmProblem, pass, skipped } from '../check.ts';
import type { CheckInput, Finding, FixCommand } from '../check.ts';
import { loadModule } from '../fixes/commands.ts';
import { containerFix } from '../remedies/container.ts';
import { describeFile, mayGroup } from '../source/describe-file.ts';

/** The one test that counts: opening the device as QEMU does. */
export function evaluateAccess(input: CheckInput): Finding {
  const blocker = firstProblem(input, ['kvm.device']);
  if (blocker !== undefined) return skipped(blocker.id, 'there is no device to open');
  const { file, errno } = input.facts.device;
  if (file === undefined) {
    const before = input.earlier.get('kvm.device');
    return skipped(before?.because ?? 'kvm.device', 'there is no device to open');
  }
  if (errno === undefined) return pass('opens', [{ path: '/dev/kvm', value: 'opens' }]);
  const evidence = [{ path: '/dev/kvm', value: errno }];
  switch (errno) {
    case 'ENODEV':
    case 'ENXIO':
      return noModuleBehind(input, evidence);
    case 'EBUSY':
      return kvmProblem(input, 'another hypervisor holds /dev/kvm (EBUSY)', {
        cause: 'busy',
        evidence,
        fix: {
          kind: 'manual',
          commands: [],
          after: 'none',
          advice: 'Power off the virtual machine of the other hypervisor.',
        },
      });
    case 'EACCES': {
      const reason = firstProblem(input, ['kvm.udev', 'kvm.group', 'kvm.session']);
      if (reason !== undefined) return { ...skipped(reason.id, 'refused (EACCES)'), evidence };
      const session = input.earlier.get('kvm.session')?.status;
      return denied(
        input,
        evidence,
        session === 'unknown'
          ? 'and the groups of this login cannot be read'
          : 'although owner, mode and groups allow it',
      );
    }
    default:
      return denied(input, evidence, 'whoever asks');
  }
}

function noModuleBehind(input: CheckInput, evidence: Finding['evidence'] & object): Finding {
  const { container } = input.facts.machine;
  const reason = firstProblem(input, [
    ...['cpu.virt', 'kmod.blacklist', 'kmod.tree'],
    // Loaded from outside, or not at all until the next boot.
    ...(container !== undefined || input.facts.modules.loadingDisabled !== undefined
      ? ['kmod.loaded']
      : []),
  ]);
  if (reason !== undefined) {
    return { ...skipped(reason.id, 'the device is there, but no module behind it'), evidence };
  }
  return kvmProblem(input, 'the device is there, but no module behind it', {
    cause: 'static-node',
    why: 'udev makes /dev/kvm at boot, so that opening it loads the module; here that did not happen.',
    evidence,
    fix: {
      kind: container === undefined ? 'auto' : 'manual',
      commands: loadModule(input.facts),
      after: 'none',
      ...(container === undefined ? {} : { advice: 'On the host outside this container:' }),
    },
  });
}

function denied(input: CheckInput, evidence: Finding['evidence'] & object, how: string): Finding {
  const { env, container } = input.facts.machine;
  const errno = evidence[0]?.value ?? '';
  if (env['SNAP'] !== undefined) {
    const snap = env['SNAP_NAME'] ?? 'NAME';
    return kvmProblem(input, `/dev/kvm is refused (${errno}): this runs inside a snap`, {
      cause: 'device-denied',
      why: 'A snap may open only the devices of the interfaces that it is connected to.',
      evidence: [...evidence, { path: '$SNAP', value: env['SNAP'] }],
      fix: {
        kind: 'manual',
        commands: [
          {
            argv: ['snap', 'connect', `${snap}:kvm`],
            root: true,
            why: 'if the snap has that plug',
          },
        ],
        after: 'none',
        advice: 'Or use a terminal that is no snap (not the one inside a snapped editor).',
      },
    });
  }
  const { file } = input.facts.device;
  if (container !== undefined && errno === 'EACCES' && file !== undefined && !mayGroup(file)) {
    return kvmProblem(input, `/dev/kvm is refused (${errno}): only its owner may open it`, {
      cause: 'device-denied',
      why: 'The device has the owner and the mode of outside, and that mode lets no group open it.',
      evidence: [...evidence, { path: '/dev/kvm', value: describeFile(file) }],
      fix: {
        kind: 'manual',
        commands: [
          {
            argv: ['utopia', 'doctor', '--fix'],
            root: false,
            why: 'on the host outside: udev gives the device its group; then start this container anew',
          },
        ],
        after: 'relogin',
      },
    });
  }
  if (container !== undefined) {
    return kvmProblem(input, `/dev/kvm is refused (${errno}), ${how}`, {
      cause: 'device-denied',
      why: 'The container has the file, but its control group does not allow the device.',
      evidence: [...evidence, ...denialEvidence(input)],
      fix: containerFix(input.facts, container, 'denied'),
    });
  }
  const { deniedBy } = input.facts.device;
  if (deniedBy !== undefined) return deniedByGroup(input, evidence, deniedBy.path);
  return kvmProblem(input, `/dev/kvm is refused (${errno}), ${how}`, {
    cause: 'device-denied',
    why: 'A control group, a security module (SELinux, AppArmor) or an ACL stands before it.',
    evidence: [...evidence, ...denialEvidence(input)],
    fix: {
      kind: 'manual',
      commands: [
        { argv: ['getfacl', '/dev/kvm'], root: false, why: 'shows an ACL' },
        { argv: ['journalctl', '-k', '-g', 'denied'], root: true, why: 'shows a refusal' },
      ],
      after: 'none',
    },
  });
}

function denialEvidence({ facts: { device } }: CheckInput): { path: string; value: string }[] {
  const { deniedBy } = device;
  return deniedBy === undefined ? [] : [{ path: deniedBy.path, value: 'no 10:232 in it' }];
}

/** The unit whose control group it is: the last part of its path that systemd names. */
function serviceOf(path: string | undefined): string | undefined {
  return path?.split('/').findLast((part) => /^[\w@:.\\-]+\.(service|scope)$/.test(part));
}

function deniedByGroup(
  input: CheckInput,
  evidence: Finding['evidence'] & object,
  list: string,
): Finding {
  const unit = serviceOf(list);
  const command: FixCommand =
    unit === undefined
      ? {
          argv: [
            ...['sh', '-c', 'echo "$1" > "$2"', 'sh', 'c 10:232 rwm'],
            list.replace(/list$/, 'allow'),
          ],
          root: true,
          why: 'adds the device to the list, while the group lasts',
        }
      : {
          argv: ['systemctl', 'set-property', unit, 'DeviceAllow=/dev/kvm rw'],
          root: true,
          why: 'adds the device to what it may use; then start the unit anew',
        };
  return kvmProblem(
    input,
    `/dev/kvm is refused: ${unit ?? 'the control group of this process'} may not use it`,
    {
      cause: 'device-denied',
      why: 'That control group lists the devices that its processes may use, and this is none of them.',
      evidence: [...evidence, ...denialEvidence(input)],
      fix: { kind: 'manual', commands: [command], after: 'none' },
    },
  );
}
