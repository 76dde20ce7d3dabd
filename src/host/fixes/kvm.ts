import { letGroupIn } from '../facts/udev.ts';
import { moduleFor } from '../kvm-module.ts';
import { isBareWsl } from '../remedies/wsl.ts';
import { mayEverybody } from '../source/describe-file.ts';
import {
  addMember,
  allowModules,
  applyOldRules,
  loadModule,
  makeGroup,
  replaceNode,
  writeRule,
} from './commands.ts';
import { problemOf, type FixInput, type FixRow } from './fix-unit.ts';

/** What is mended so that /dev/kvm is there and opens, in the order in which one needs the other. */
export const kvmFixes: readonly FixRow[] = [
  { name: 'blacklist', ids: ['kmod.blacklist'], plan: planBlacklist },
  { name: 'module', ids: ['kmod.loaded', 'kvm.access', 'kvm.device'], plan: planModule },
  { name: 'node', ids: ['kvm.device'], plan: planNode },
  { name: 'group', ids: ['kvm.group'], plan: planGroup },
  { name: 'rule', ids: ['kvm.udev', 'kvm.group'], plan: planRule },
  { name: 'membership', ids: ['kvm.group'], plan: planMembership },
];

function planBlacklist(input: FixInput): ReturnType<FixRow['plan']> {
  const problem = problemOf(input, 'kmod.blacklist');
  if (problem?.fix?.kind !== 'auto') return undefined;
  const module = moduleFor(input.facts.machine.cpu);
  const lines = input.facts.modules.blacklisted.filter(
    (line) => line.line !== undefined && (line.module === 'kvm' || line.module === module),
  );
  const places = lines.map(({ path, line }) => `${path}:${line}`).join(' and ');
  return {
    problem: problem.message,
    commands: allowModules(lines, input.suffix),
    changes: `${module} may be loaded again, now and at boot`,
    after: 'none',
    question: `Somebody wrote it on purpose, often for VirtualBox. Comment out ${places}?`,
  };
}

function planModule(input: FixInput): ReturnType<FixRow['plan']> {
  const blacklisted = problemOf(input, 'kmod.blacklist');
  if (blacklisted !== undefined && blacklisted.fix?.kind !== 'auto') return undefined;
  const problem =
    problemOf(input, 'kmod.loaded') ??
    (problemOf(input, 'kvm.access')?.cause === 'static-node'
      ? problemOf(input, 'kvm.access')
      : undefined);
  const module = moduleFor(input.facts.machine.cpu);
  if (problem === undefined && blacklisted === undefined) return undefined;
  if (problem !== undefined && problem.fix?.kind !== 'auto') return undefined;
  return {
    problem: problem?.message ?? `${module} is not loaded`,
    commands: loadModule(input.facts, input.suffix),
    changes: 'there is a /dev/kvm with a module behind it, now and at every boot',
    after: 'none',
    ...(blacklisted === undefined ? {} : { needs: 'blacklist' }),
  };
}

function planNode(input: FixInput): ReturnType<FixRow['plan']> {
  const problem = problemOf(input, 'kvm.device');
  if (problem?.fix?.kind !== 'auto') return undefined;
  return {
    problem: problem.message,
    commands: replaceNode(input.facts, input.suffix),
    changes: "/dev/kvm is KVM's device",
    after: 'none',
  };
}

function planGroup(input: FixInput): ReturnType<FixRow['plan']> {
  const { device } = input.facts;
  if (!opensToGroupOnly(input)) return undefined;
  // Its group was deleted, perhaps made anew under another number since.
  const nameless = device.file?.type === 'chr' && device.file.gid !== 0 && !device.group;
  const missing = device.kvmGroup === undefined;
  if (!nameless && !(missing && willBelongToKvm(input))) return undefined;
  return {
    problem: problemOf(input, 'kvm.group')?.message ?? 'there is no group kvm',
    commands: [
      ...(missing ? [makeGroup] : []),
      ...(isBareWsl(input.facts.machine) ? [] : applyOldRules),
    ],
    changes: missing
      ? 'there is a group kvm, and udev gives it /dev/kvm'
      : 'udev gives /dev/kvm to group kvm',
    after: 'none',
  };
}

function planRule(input: FixInput): ReturnType<FixRow['plan']> {
  const { facts, suffix } = input;
  const { rules } = facts.device;
  if (!opensToGroupOnly(input)) return undefined;
  const problem = problemOf(input, 'kvm.udev');
  if (problem !== undefined) {
    if (problem.fix?.kind !== 'auto') return undefined;
    const written = problem.cause === 'no-rule';
    return {
      problem: problem.message,
      commands: written ? writeRule(facts, suffix) : applyOldRules,
      changes: 'group kvm may use /dev/kvm, now and at every boot',
      after: 'none',
    };
  }
  // The device is not there yet: nobody has seen its mode, but without a rule it will be root's.
  if (facts.device.file?.type === 'chr' || rules.length > 0) return undefined;
  if (isBareWsl(facts.machine)) return undefined;
  return {
    problem: 'no udev rule gives /dev/kvm to group kvm',
    commands: writeRule(facts, suffix),
    changes: 'group kvm may use /dev/kvm, now and at every boot',
    after: 'none',
  };
}

function planMembership(input: FixInput): ReturnType<FixRow['plan']> {
  const { account, device } = input.facts;
  // Root may open every device; through sudo it is meant for the user who ran that.
  const { name, primaryGid, inPasswd } = (account.uid === 0 ? account.sudoUser : account) ?? {};
  if (!opensToGroupOnly(input) || name === undefined) return undefined;
  const ofKvm = willBelongToKvm(input) || device.group === undefined;
  const group = ofKvm ? device.kvmGroup : device.group;
  const groupName = group?.name ?? 'kvm';
  const member = group?.members.includes(name) === true || primaryGid === group?.gid;
  if (group !== undefined && member) return undefined;
  // A group of a directory server is changed there.
  if (!ofKvm && !device.groupInFile) return undefined;
  return {
    problem: `${name} is not in group ${groupName}`,
    commands: [addMember(name, groupName, inPasswd === true)],
    ...(input.facts.machine.jobRunner === undefined
      ? { changes: `${name} may use /dev/kvm from the next login on`, after: 'relogin' }
      : { changes: `${name} may use /dev/kvm through sg ${groupName} -c '…'`, after: 'none' }),
  };
}

/** KVM could work, and membership of a group is what will open its device. */
function opensToGroupOnly(input: FixInput): boolean {
  const { account, device, machine } = input.facts;
  if (machine.container !== undefined) return false;
  const hopeless = ['host.arch', 'host.wsl', 'cpu.virt', 'kmod.tree'].some((id) => {
    const problem = problemOf(input, id);
    return problem !== undefined && problem.cause !== 'split-cores';
  });
  if (hopeless) return false;
  const { file, errno, rules } = device;
  if (file?.type !== 'chr') {
    const last = rules.findLast((rule) => rule.mode !== undefined)?.mode;
    return !(letGroupIn(rules) && last !== undefined && last.endsWith('6'));
  }
  return (errno === 'EACCES' || account.sudoUser !== undefined) && !mayEverybody(file);
}

/** The device is root's or not there: it will be kvm's. */
function willBelongToKvm({ facts: { device } }: FixInput): boolean {
  return device.file?.type !== 'chr' || device.file.gid === 0;
}
