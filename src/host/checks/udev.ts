import {
  kvmProblem,
  pass,
  skipped,
  type CheckInput,
  type Finding,
  type FixCommand,
} from '../check.ts';
import { describeFile } from '../source/describe-file.ts';

/** What systemd's own rule (50-udev-default.rules) does, for hosts without it. */
const rule = 'KERNEL=="kvm", GROUP="kvm", MODE="0660", OPTIONS+="static_node=kvm"';
const ruleFile = '/etc/udev/rules.d/65-kvm.rules';

/** Lets udev set owner and mode of /dev/kvm anew. */
export const applyRules: readonly FixCommand[] = [
  { argv: ['udevadm', 'control', '--reload'], root: true, why: 'reads the rules again' },
  {
    argv: ['udevadm', 'trigger', '--action=add', '--sysname-match=kvm'],
    root: true,
    why: 'applies them to /dev/kvm',
  },
];

/** Owner and mode of the device: whether a group can open it at all. */
export function evaluateRule(input: CheckInput): Finding {
  const { device, machine } = input.facts;
  const { file, errno, rules } = device;
  if (file?.type !== 'chr') return skipped('kvm.device', 'there is no device');
  const evidence = [{ path: '/dev/kvm', value: describeFile(file) }];
  const groupMayUse = (file.mode & 0o060) === 0o060 && file.gid !== 0;
  if (errno !== 'EACCES' || groupMayUse) return pass('owner and mode are right', evidence);
  if (machine.container !== undefined) {
    return skipped('host.container', 'owner and mode are set outside');
  }
  const [found] = rules;
  const mode = file.mode.toString(8).padStart(4, '0');
  if (found !== undefined) {
    return kvmProblem(input, `/dev/kvm has mode ${mode}, although a rule gives it to a group`, {
      cause: 'rule-not-applied',
      why: `${found.path}:${found.line} was not applied when the device was made.`,
      evidence: [...evidence, { path: `${found.path}:${found.line}`, value: found.text }],
      fix: { kind: 'auto', commands: applyRules, after: 'none' },
    });
  }
  const write = {
    argv: ['sh', '-c', `echo "$@" > ${ruleFile}`, 'sh', ...rule.split(' ')],
    root: true,
    why: 'gives /dev/kvm to group kvm, now and at every boot',
  };
  return kvmProblem(
    input,
    `/dev/kvm is root's alone (mode ${mode}), and no udev rule changes that`,
    {
      cause: 'no-rule',
      why: "Most distributions bring a rule that gives the device to group kvm. The device's mode is never changed by hand: it would not last.",
      evidence,
      fix: { kind: 'auto', commands: [write, ...applyRules], after: 'none' },
    },
  );
}
