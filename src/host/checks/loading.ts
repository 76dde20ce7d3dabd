import { firstProblem, kvmProblem, pass, skipped, unknown } from '../check.ts';
import type { CheckInput, Finding, Fix } from '../check.ts';
import type { HostFacts } from '../facts/machine-facts.ts';
import { listModule, loadModule } from '../fixes/commands.ts';
import { moduleFor } from '../kvm-module.ts';
import { bareWslFix, isBareWsl } from '../remedies/wsl.ts';

/** KVM's module for a processor that is loaded or built in. */
export function driverLoaded({ modules }: HostFacts): string | undefined {
  return ['kvm_intel', 'kvm_amd', 'kvm_pvm'].find((name) => modules.loaded.has(name));
}

/** Whether KVM's module is there, and what loads it. */
export function evaluateLoaded(input: CheckInput): Finding {
  const { facts } = input;
  const blocker = firstProblem(input, ['host.arch', 'host.wsl']);
  if (blocker !== undefined) return skipped(blocker.id, 'there is no KVM for the guest here');
  const driver = driverLoaded(facts);
  if (driver !== undefined) {
    return pass(driver, [{ path: `/sys/module/${driver}`, value: 'loaded' }]);
  }
  if (!facts.modules.known) {
    return unknown('not known: neither /proc/modules nor /sys/module can be read');
  }
  const reason = firstProblem(input, ['cpu.virt', 'kmod.blacklist', 'kmod.tree']);
  if (reason !== undefined) return skipped(reason.id, 'not loaded');
  const module = moduleFor(facts.machine.cpu);
  const evidence = [
    { path: '/proc/modules', value: [...facts.modules.loaded].join(', ') || 'no kvm' },
  ];
  if (facts.modules.loadingDisabled !== undefined) return loadingDisabled(input, evidence);
  const { lockdown } = facts.modules;
  return kvmProblem(input, `${module} is not loaded`, {
    cause: 'module-not-loaded',
    why:
      'The processor can do it, but nobody loaded the module. It loads by itself on most distributions.' +
      (lockdown === undefined
        ? ''
        : ' This kernel is locked down (Secure Boot): it takes signed modules only, so those of a kernel that you built have to be signed.'),
    evidence: [
      ...evidence,
      ...(lockdown === undefined
        ? []
        : [{ path: '/sys/kernel/security/lockdown', value: lockdown }]),
    ],
    fix: moduleFix(facts, module),
  });
}

function moduleFix(facts: HostFacts, module: string): Fix {
  const { machine } = facts;
  if (isBareWsl(machine)) {
    const [now] = loadModule(facts);
    return bareWslFix(
      `modprobe ${module}`,
      'it loads the module at each start',
      now === undefined ? [] : [now],
    );
  }
  const outside = machine.container !== undefined;
  return {
    kind: outside ? 'manual' : 'auto',
    commands: loadModule(facts),
    after: 'none',
    ...(outside ? { advice: 'On the host outside this container:' } : {}),
  };
}

/** systemd loads modules before it sets what sysctl.d says (bootup(7)), so that one named there comes first. */
function loadingDisabled(input: CheckInput, evidence: Finding['evidence'] & object): Finding {
  const { facts } = input;
  const module = moduleFor(facts.machine.cpu);
  const setBy = facts.modules.loadingDisabled?.setBy;
  const place = setBy === undefined ? '' : ` (${setBy})`;
  const outside = facts.machine.container === undefined ? '' : 'On the host outside: ';
  return kvmProblem(input, `no module can be loaded until the next boot, and ${module} is not`, {
    cause: 'loading-disabled',
    why: `kernel.modules_disabled is 1${place}: the kernel takes no module any more, from root neither, and the setting cannot be taken back.`,
    evidence: [...evidence, { path: '/proc/sys/kernel/modules_disabled', value: '1' }],
    fix: {
      kind: 'manual',
      commands: [
        ...listModule(facts),
        { argv: ['reboot'], root: true, why: 'loads it before the setting counts again' },
      ],
      after: 'reboot',
      advice: `${outside}Name the module for the boot, which loads it before${setBy === undefined ? ' the setting' : ` ${setBy}`} counts, and reboot:`,
    },
  });
}
