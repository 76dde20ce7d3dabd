import { info, kvmProblem, pass, skipped, unknown } from '../check.ts';
import type { CheckInput, Finding, Fix, FixCommand } from '../check.ts';
import type { GroupEntry } from '../facts/accounts.ts';
import { holdsGroup } from '../facts/process-status.ts';
import type { HostFacts } from '../facts/machine-facts.ts';
import { mayEverybody } from '../source/describe-file.ts';
import { isGroupUnmapped } from '../remedies/container.ts';
import { jobAdvice } from './session.ts';
import { addMember, applyOldRules, makeGroup } from '../fixes/commands.ts';

/** The user's membership, in the account database, of the group that owns the device. */
export function evaluateGroup(input: CheckInput): Finding {
  const { facts } = input;
  const { device, account, machine } = facts;
  if (device.file?.type !== 'chr') return skipped('kvm.device', 'there is no device');
  const { gid } = device.file;
  // A device that is root's alone will belong to kvm once a rule is there.
  const group = gid === 0 ? device.kvmGroup : device.group;
  const member = group !== undefined && isMember(facts, group);
  const held = account.status !== undefined && holdsGroup(account.status, gid);
  if (device.errno === undefined) return explainOpening(facts, group, member || held);
  if (machine.container !== undefined) {
    if (held && !isGroupUnmapped(facts)) return pass(`this login has group ${gid}`);
    return skipped('kvm.session', 'groups of a container are given from outside');
  }
  if (device.errno !== 'EACCES') return pass('not the reason: the device answers otherwise');
  if (mayEverybody(device.file)) return pass('not the reason: everybody may open the device');
  if (group === undefined) return noGroup(input, gid);
  const evidence = [
    { path: '/etc/group', value: `${group.name}:${group.gid}:${group.members.join(',')}` },
  ];
  if (member) return pass(`${account.name ?? 'you'} is in group ${group.name}`, evidence);
  if (held && gid !== 0) return pass(`this login has group ${group.name}`, evidence);
  if (account.name === undefined) return unknown('the user has no name here', { evidence });
  return kvmProblem(input, `${account.name} is not in group ${group.name}`, {
    cause: 'not-in-group',
    why: `/dev/kvm belongs to group ${group.name} (${group.gid}); members may use it.`,
    evidence,
    fix: membershipFix(facts, addMember(account.name, group.name, account.inPasswd), group.name),
  });
}

function membershipFix({ machine }: HostFacts, add: FixCommand, group: string): Fix {
  if (machine.jobRunner === undefined) return { kind: 'auto', commands: [add], after: 'relogin' };
  const through: FixCommand = {
    argv: ['sg', group, '-c', 'utopia up --detach'],
    root: false,
    why: 'takes the group for one command',
  };
  return { kind: 'auto', commands: [add, through], after: 'none', advice: jobAdvice(group) };
}

function isMember({ account }: HostFacts, group: GroupEntry): boolean {
  const named = account.name !== undefined && group.members.includes(account.name);
  return named || account.primaryGid === group.gid;
}

/** The device opens: whether it will for the user's next login, too. */
function explainOpening(
  { device, account, machine }: HostFacts,
  group: GroupEntry | undefined,
  entitled: boolean,
): Finding {
  const { file } = device;
  const name = group?.name ?? 'kvm';
  if (account.uid === 0) return pass('not needed: root may open every device');
  if (isGroupUnmapped({ machine, device })) {
    return pass('not needed: it opens, by a group of outside or an ACL');
  }
  if (entitled) return pass(`in group ${name}`);
  if (file !== undefined && mayEverybody(file)) return explainMode(device.rules, name);
  if (file !== undefined && file.uid === account.uid) return pass('not needed: you own the device');
  return info(`not in group ${name}, yet /dev/kvm opens: an ACL of this desktop session`, {
    why: 'An ssh login of the same user may be refused; membership would hold for both.',
    evidence: [{ path: '/dev/kvm', value: 'opens' }],
  });
}

/** Everybody may open the device: as a rule has it, or only until udev looks at it again. */
function explainMode(rules: HostFacts['device']['rules'], group: string): Finding {
  const rule = rules.findLast(({ mode }) => mode !== undefined);
  const everybody = 'everybody may open the device';
  if (rule?.mode === undefined || mayEverybody({ mode: Number.parseInt(rule.mode, 8) })) {
    return pass(`not needed: ${everybody}`);
  }
  return info(`not in group ${group}, yet ${everybody}, for now`, {
    why: `That mode was set by hand. ${rule.path}:${rule.line} says ${rule.mode}, which counts again when udev next applies its rules, at the latest at the next boot; membership would last.`,
    evidence: [{ path: `${rule.path}:${rule.line}`, value: rule.text }],
  });
}

function noGroup(input: CheckInput, gid: number): Finding {
  const { account, device } = input.facts;
  const { name } = account;
  const { kvmGroup } = device;
  const member = kvmGroup !== undefined && isMember(input.facts, kvmGroup);
  const commands: FixCommand[] = [
    ...(kvmGroup === undefined ? [makeGroup] : []),
    ...(name === undefined || member ? [] : [addMember(name, 'kvm', account.inPasswd)]),
    // A device of another group is given to the right one by udev's own rule.
    ...(gid === 0 ? [] : applyOldRules),
  ];
  const owner =
    gid === 0 ? 'there is no group kvm' : `the group ${gid} of /dev/kvm has no name here`;
  return kvmProblem(input, owner, {
    cause: 'no-group',
    why: 'A package of QEMU makes the group on most distributions; udev then gives it the device.',
    evidence: [{ path: '/etc/group', value: gid === 0 ? 'no kvm' : `no group ${gid}` }],
    fix: { kind: 'auto', commands, after: 'relogin' },
  });
}
