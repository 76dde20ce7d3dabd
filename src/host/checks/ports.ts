import { pass, skipped, type CheckInput, type Evidence, type Finding } from '../check.ts';
import { mayBindAnyPort } from '../facts/process-status.ts';
import type { HostFacts, PortFacts } from '../facts/machine-facts.ts';
import type { LabFacts, OtherMachine } from '../lab-facts.ts';

/** Ports that utopia.config takes start here, whoever runs it. */
const configStart = 1024;

/** Whether the configured ports can be bound; the first that cannot is the finding. */
export function evaluatePorts(input: CheckInput): Finding {
  const { facts, lab } = input;
  if (lab.config === undefined) return skipped('lab.config', 'not looked at');
  const { ports } = facts.resources;
  const findings = ports.map((port) => judge(port, facts, lab));
  const failed = findings.find(({ status }) => status === 'fail');
  if (failed !== undefined) {
    const settings = findings
      .filter(({ status }) => status === 'fail')
      .flatMap(({ fix }) => fix?.settings ?? []);
    return {
      ...failed,
      ...(failed.fix === undefined || settings.length === 0
        ? {}
        : { fix: { ...failed.fix, settings } }),
      evidence: findings.flatMap(({ evidence }) => evidence ?? []),
    };
  }
  const warned = findings.find(({ status }) => status === 'warn');
  if (warned !== undefined) return warned;
  if (ports.length === 0) return pass('free ones are chosen at each start');
  return pass(findings.map(({ message }) => message).join(', '));
}

function judge(port: PortFacts, facts: HostFacts, lab: LabFacts): Finding {
  const { answer, listener, shadow, purpose } = port;
  if (lab.ownPorts.includes(port.port)) return pass(`${port.port} held by this lab’s machine`);
  const refused = answer?.free === false ? answer.code : undefined;
  if (refused === 'EADDRNOTAVAIL') {
    return {
      status: 'fail',
      message: `${port.host} is no address of this host`,
      cause: 'address-unavailable',
      evidence: [{ path: `bind ${port.host}:${port.port}`, value: refused }],
      fix: {
        kind: 'manual',
        commands: [],
        after: 'none',
        advice: 'Use 127.0.0.1, or an address that `ip address` shows.',
      },
    };
  }
  // The config refuses such a port to everybody, so that a file works for every user.
  const refusedByConfig = lab.configErrors.length > 0 && port.port < configStart;
  if (
    refusedByConfig ||
    refused === 'EACCES' ||
    (answer === undefined && isPrivileged(port, facts))
  ) {
    return privileged(port, refusedByConfig ? configStart : facts.resources.firstUnprivilegedPort);
  }
  if (refused !== undefined || (answer === undefined && listener !== undefined)) {
    return busy(port, lab);
  }
  if (shadow !== undefined && purpose === 'SSH') {
    return {
      status: 'warn',
      message: `another program listens on [::1]:${port.port}, where localhost leads first`,
      cause: 'port-busy',
      evidence: [{ path: '/proc/net/tcp6', value: `[::1]:${port.port} LISTEN` }],
      fix: portFix(port),
    };
  }
  return pass(`${port.port} free`);
}

function isPrivileged({ port }: PortFacts, { resources, account }: HostFacts): boolean {
  const { uid, status } = account;
  return (
    port < resources.firstUnprivilegedPort &&
    uid !== 0 &&
    !(status !== undefined && mayBindAnyPort(status))
  );
}

function privileged(port: PortFacts, first: number): Finding {
  return {
    status: 'fail',
    message: `${port.purpose} port ${port.port} is root's: ports below ${first} are`,
    cause: 'port-privileged',
    evidence: [
      {
        path: '/proc/sys/net/ipv4/ip_unprivileged_port_start',
        value: String(first),
      },
    ],
    fix: portFix({ ...port, free: port.purpose === 'SSH' ? 22_223 : 5900 }),
  };
}

function busy(port: PortFacts, { otherMachines }: LabFacts): Finding {
  const taken = port.answer?.free === false ? port.answer : undefined;
  const other = otherMachines.find(({ pid }) => pid === taken?.pid);
  const uid = port.listener === undefined ? undefined : `a process of user id ${port.listener.uid}`;
  const seen = taken?.holder ?? uid ?? 'a process that cannot be seen from here';
  const by = other === undefined ? seen : `your lab "${other.name}"`;
  const evidence: Evidence[] = [
    {
      path: port.listener?.ipv6 === true ? '/proc/net/tcp6' : '/proc/net/tcp',
      value: `port ${port.port} LISTEN, ${seen}`,
    },
  ];
  return {
    status: 'fail',
    message: `${port.purpose} port ${port.port} is taken by ${by}`,
    cause: 'port-busy',
    evidence,
    fix: portFix(port, other),
  };
}

function portFix({ key, free, host }: PortFacts, other?: OtherMachine): Finding['fix'] & object {
  const value =
    key === 'UTOPIA_SSH_PORT'
      ? String(free ?? 'auto')
      : free === undefined
        ? 'auto'
        : `${host}:${free - 5900}`;
  return {
    kind: 'manual',
    commands: [
      {
        argv: ['env', `${key}=${value}`, 'utopia', 'up'],
        root: false,
        why: free === undefined ? 'takes a free one' : `${free} is free`,
      },
      ...(other === undefined
        ? []
        : [{ argv: other.stop, root: false, why: 'or ends the machine that has it' }]),
    ],
    after: 'none',
    advice: `Write ${key}=${value} into utopia.config, or for once:`,
    settings: [{ key, value }],
  };
}
