import { kvmProblem, pass, skipped, type CheckInput, type Finding, type Fix } from '../check.ts';
import { applyOldRules, applyRules, ruleFile, writeRule } from '../fixes/commands.ts';
import { letGroupIn, type UdevRule } from '../facts/udev.ts';
import { bareWslFix, isBareWsl } from '../remedies/wsl.ts';
import { describeFile } from '../source/describe-file.ts';

const ruleFileName = ruleFile.split('/').at(-1) ?? '';

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
  if (isBareWsl(machine)) return withoutUdev(input, file.mode);
  const found = rules.at(-1);
  const mode = file.mode.toString(8).padStart(4, '0');
  if (found !== undefined && letGroupIn(rules)) {
    return kvmProblem(input, `/dev/kvm has mode ${mode}, although a rule gives it to a group`, {
      cause: 'rule-not-applied',
      why: `${found.path}:${found.line} was not applied when the device was made.`,
      evidence: [...evidence, { path: `${found.path}:${found.line}`, value: found.text }],
      fix: { kind: 'auto', commands: applyOldRules, after: 'none' },
    });
  }
  return kvmProblem(input, `/dev/kvm is root's alone (mode ${mode}), ${blame(found)}`, {
    cause: 'no-rule',
    why: "Most distributions bring a rule that gives the device to group kvm. The device's mode is never changed by hand: it would not last.",
    evidence:
      found === undefined
        ? evidence
        : [...evidence, { path: `${found.path}:${found.line}`, value: found.text }],
    fix: ruleFix(input, found),
  });
}

function withoutUdev(input: CheckInput, bits: number): Finding {
  const mode = bits.toString(8).padStart(4, '0');
  return kvmProblem(input, `/dev/kvm is root's alone (mode ${mode}), and WSL runs no udev`, {
    cause: 'no-udev',
    why: 'Without systemd nobody applies udev rules in WSL, and every start of WSL makes the device anew.',
    evidence: [
      { path: '/dev/kvm', value: mode },
      { path: '/run/systemd/system', value: 'not there' },
    ],
    fix: bareWslFix(
      'chgrp kvm /dev/kvm && chmod 0660 /dev/kvm',
      'its udev gives the device to group kvm at each start',
    ),
  });
}

function blame(found: UdevRule | undefined): string {
  return found === undefined
    ? 'and no udev rule changes that'
    : `as ${found.path}:${found.line} has it`;
}

/** A rule of ours counts only where no later file says otherwise. */
function ruleFix({ facts }: CheckInput, found: UdevRule | undefined): Fix {
  const later = found !== undefined && (found.path.split('/').at(-1) ?? '') > ruleFileName;
  if (!later) return { kind: 'auto', commands: writeRule(facts), after: 'none' };
  return {
    kind: 'manual',
    commands: applyRules,
    after: 'none',
    advice: `Take line ${found.line} out of ${found.path}, then:`,
  };
}
