import { info, pass, skipped, type Check, type CheckInput, type Finding } from '../check.ts';
import { describePeople } from '../facts/people.ts';

export const loginChecks: readonly Check[] = [
  {
    id: 'login.private',
    group: 'Lab',
    title: 'who can log in to the guest',
    reads: 'UTOPIA_LOGIN; /etc/passwd, /etc/nsswitch.conf: who else is on the host',
    causes: ['login-open'],
    evaluate: evaluateLogin,
  },
];

function evaluateLogin({ facts: { people }, lab: { config, configLabel } }: CheckInput): Finding {
  if (config === undefined) return skipped('lab.config', 'not looked at');
  if (config.login === 'key') return pass('over SSH the guest takes keys alone');
  if (people?.kind !== 'others') {
    return info('the guest takes passwords over SSH, and nobody else is on this host');
  }
  return {
    status: 'warn',
    message: `${describePeople(people)} can log in to the guest`,
    cause: 'login-open',
    why:
      'Every user of this host reaches its port, and while the guest has the passwords of the guide ' +
      'everybody knows them (root / root).',
    evidence: [{ path: configLabel, value: 'UTOPIA_LOGIN is password' }],
    fix: {
      kind: 'manual',
      commands: [
        {
          argv: ['utopia', 'login', 'key'],
          root: false,
          why: 'closes passwords in the machine that runs now',
        },
      ],
      after: 'none',
      advice: 'Write UTOPIA_LOGIN=key into utopia.config, which holds at every start.',
    },
  };
}
