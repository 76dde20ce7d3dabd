import { firstProblem, kvmProblem, pass, skipped, unknown } from '../check.ts';
import type { CheckInput, Finding, Fix, FixCommand } from '../check.ts';
import { holdsGroup } from '../facts/process-status.ts';
import type { HostFacts } from '../facts/machine-facts.ts';
import {
  containerFix,
  hasOwnLogins,
  isGroupUnmapped,
  nameOfContainer,
} from '../remedies/container.ts';
import { mayEverybody, mayGroup } from '../source/describe-file.ts';

/** Groups of this very process: they are read at login and handed on from there. */
export function evaluateSession(input: CheckInput): Finding {
  const { device, account, machine } = input.facts;
  const { file, errno } = device;
  if (file?.type !== 'chr') return skipped('kvm.device', 'there is no device');
  if (errno === undefined) return pass('this login may open the device');
  const reason = firstProblem(input, ['kvm.group']);
  if (reason !== undefined) return skipped('kvm.group', 'a login cannot have it yet');
  if (errno !== 'EACCES') return pass('not the reason: the device answers otherwise');
  if (mayEverybody(file)) return pass('not the reason: everybody may open the device');
  const { container } = machine;
  if (container !== undefined && !mayGroup(file) && !isGroupUnmapped(input.facts)) {
    return pass('not the reason: its mode lets no group open it');
  }
  if (container !== undefined && isGroupUnmapped(input.facts)) {
    return kvmProblem(input, 'the group of /dev/kvm has no number in this container', {
      cause: 'group-not-mapped',
      why: `${capitalised(nameOfContainer(container, 'unmapped'))} has user and group ids of its own; those of outside that it leaves out, the device's among them, are shown as nobody's. No group that is given in here opens it.`,
      evidence: [{ path: '/dev/kvm', value: `group ${file.gid} (nobody)` }],
      fix: containerFix(input.facts, container, 'unmapped'),
    });
  }
  // Outside of containers a device of root's will belong to kvm once a rule is there.
  const gid = file.gid === 0 && container === undefined ? device.kvmGroup?.gid : file.gid;
  if (account.status === undefined) return unknown('not known: /proc/self/status cannot be read');
  if (gid === undefined) return skipped('kvm.udev', 'the device belongs to no group yet');
  if (holdsGroup(account.status, gid)) return pass(`this login has group ${gid}`);
  const group = (file.gid === 0 ? device.kvmGroup : device.group)?.name ?? String(gid);
  const evidence = [
    { path: '/proc/self/status', value: `Groups: ${account.status.groups.join(' ')}` },
  ];
  if (container !== undefined) {
    return kvmProblem(
      input,
      `this is ${nameOfContainer(container)} without group ${gid}, to which /dev/kvm belongs`,
      {
        cause: 'session-lacks-group',
        why: hasOwnLogins(container)
          ? 'The device has the number of a group outside; who holds that number in here may open it.'
          : 'Groups of a container are given when it is started, by number.',
        evidence,
        fix: containerFix(input.facts, container, 'group'),
      },
    );
  }
  return kvmProblem(input, `${account.name ?? 'you'} is in group ${group}, this login is not`, {
    cause: 'session-lacks-group',
    why: explainOldGroups(input.facts),
    evidence: [...evidence, ...managerEvidence(input.facts)],
    fix: loginFix(input.facts, group),
  });
}

function capitalised(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}

function explainOldGroups({ device, machine, account }: HostFacts): string {
  const start = 'Groups are read at login.';
  const { staleManager, lingers } = device;
  if (staleManager !== undefined) {
    return (
      `${start} ${staleManager.name} (pid ${staleManager.pid}) started before and hands the old ones on` +
      `${lingers ? '; it lingers, so logging out does not end it' : ''}.`
    );
  }
  if (lingers) {
    return `${start} user@${account.uid}.service lingers: it keeps the old ones when you log out.`;
  }
  if (machine.jobRunner !== undefined) {
    return `Groups are read when the runner starts, and ${machine.jobRunner} starts no new login for a job.`;
  }
  const server = serverThatStays(machine.env);
  if (server !== undefined) {
    return `${start} ${server} keeps those it was started with: end it, too.`;
  }
  return `${start} Still so after a new login? A lingering tmux or editor server keeps the old ones: loginctl terminate-user ${account.name ?? '$USER'}`;
}

/** A server that survives a logout and starts the next shells. */
function serverThatStays(env: HostFacts['machine']['env']): string | undefined {
  if (env['TMUX'] !== undefined) return 'The tmux server';
  if (env['STY'] !== undefined) return 'The screen server';
  if (env['VSCODE_IPC_HOOK_CLI'] !== undefined) return "The editor's server (VS Code)";
  return undefined;
}

function managerEvidence({ device }: HostFacts): { path: string; value: string }[] {
  const { staleManager: manager } = device;
  if (manager === undefined) return [];
  return [{ path: `/proc/${manager.pid}/status`, value: `${manager.name} lacks the group` }];
}

/** A job has no login to end: it takes the group for a command, or its machine is opened to all of its programs. */
export function jobAdvice(group: string): string {
  return (
    `A job goes on without a new login: run what needs KVM through sg (sg ${group} -c '…'). ` +
    'Or, on a machine that is thrown away after the job, give the device to every program by a rule, ' +
    'KERNEL=="kvm", GROUP="kvm", MODE="0666", OPTIONS+="static_node=kvm" as /etc/udev/rules.d/99-kvm.rules.'
  );
}

function loginFix({ device, account, machine }: HostFacts, group: string): Fix {
  const now: FixCommand = {
    argv: ['sg', group, '-c', 'utopia up'],
    root: false,
    why: 'takes the group for one command, without a new login',
  };
  if (machine.jobRunner !== undefined) {
    return { kind: 'manual', commands: [now], after: 'none', advice: jobAdvice(group) };
  }
  const user = account.name ?? String(account.uid);
  const manager = device.staleManager?.name ?? `user@${account.uid}.service`;
  const ending: FixCommand[] =
    device.staleManager === undefined && !device.lingers
      ? []
      : [
          {
            argv: ['loginctl', 'terminate-user', user],
            root: true,
            why: `ends ${manager} and every session of ${user}: save your work first`,
          },
        ];
  return {
    kind: 'manual',
    commands: [now, ...ending],
    after: 'relogin',
    advice: 'Log out and in again.',
  };
}
