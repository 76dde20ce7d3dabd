import { info, pass, type Check, type CheckInput, type Finding } from '../check.ts';
import { namespaceSettings } from '../facts/namespaces.ts';

/** A guest, QEMU and utopia share less than one processor: everything waits for everything. */
const tooFew = 1;

/** Limits that are set around this process, on the host or outside of it. */
export const limitChecks: readonly Check[] = [
  {
    id: 'host.cpus',
    group: 'Host',
    title: 'limit of processor time',
    reads: "cpu.max, or cpu.cfs_quota_us, of the process's control groups",
    causes: ['cpu-quota'],
    evaluate: evaluateCpus,
  },
  {
    id: 'host.userns',
    group: 'Host',
    title: 'user namespaces',
    reads:
      'kernel.apparmor_restrict_unprivileged_userns, kernel.unprivileged_userns_clone, user.max_user_namespaces; where one of them restricts, a try',
    causes: ['userns-restricted'],
    evaluate: evaluateNamespaces,
  },
];

function evaluateCpus({ facts: { resources, machine }, lab }: CheckInput): Finding {
  const { cpuQuota } = resources;
  if (cpuQuota === undefined) return pass('no limit of processor time');
  const { processors, path } = cpuQuota;
  const share = processors.toFixed(2).replace(/\.?0+$/, '');
  const evidence = [{ path, value: `${share} processors` }];
  const message = `this process may use the time of ${share} ${processors === 1 ? 'processor' : 'processors'}`;
  if (processors >= tooFew) {
    const few = lab.config !== undefined && processors < lab.config.cpus;
    return few ? info(message, { evidence }) : pass(message, evidence);
  }
  const unit = path
    .split('/')
    .findLast((part) => /^[\w@:.\\-]+\.(service|scope|slice)$/.test(part));
  return {
    status: 'warn',
    message,
    cause: 'cpu-quota',
    why: 'A control group limits it; a guest is then stopped for most of each tenth of a second, also with KVM.',
    evidence,
    fix:
      unit === undefined || machine.container !== undefined
        ? {
            kind: 'manual',
            commands: [],
            after: 'none',
            advice:
              'Raise the limit where it is set: --cpus of docker or podman, limits.cpu of a pod, cpulimit of Proxmox, CPUQuota= of a unit.',
          }
        : {
            kind: 'manual',
            commands: [
              {
                argv: ['systemctl', 'set-property', '--runtime', unit, 'CPUQuota='],
                root: true,
                why: 'lifts the limit until the next boot; who set it may have had a reason',
              },
            ],
            after: 'none',
          },
  };
}

function evaluateNamespaces({ facts: { namespaces, account }, lab }: CheckInput): Finding {
  const { setting, works } = namespaces;
  if (setting === undefined) return pass('nothing restricts user namespaces');
  const evidence = [setting];
  if (account.uid === 0) return pass('not needed: root builds images as it is', evidence);
  if (works === true) return pass('one can be made, whatever the setting says', evidence);
  const message = 'users cannot make user namespaces here';
  // What an image is built in; a machine with one runs without.
  if (lab.backing.kind !== 'absent') return info(message, { evidence });
  const name = setting.path.slice('/proc/sys/'.length).replaceAll('/', '.');
  const open = namespaceSettings.find((each) => each.name === name)?.open ?? '';
  return {
    status: 'warn',
    message: `${message}: utopia image build needs one, or root`,
    cause: 'userns-restricted',
    why: 'An image is built in a user namespace, where its files belong to root. A shared folder that is yours alone is opened for the guest through one, too.',
    evidence,
    fix: {
      kind: 'manual',
      commands: [
        {
          argv: ['sysctl', `${name}=${open}`],
          root: true,
          why: 'allows them, for every program, until the next boot',
        },
      ],
      after: 'none',
      advice:
        'Build the image as root, once (sudo utopia image build -o FILE), or fetch one (utopia image fetch URL). Or:',
    },
  };
}
