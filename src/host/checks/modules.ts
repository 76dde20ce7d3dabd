import { firstProblem, info, kvmProblem, pass, skipped, unknown } from '../check.ts';
import type { Check, CheckInput, Finding } from '../check.ts';
import type { HostFacts } from '../facts/types.ts';
import { allowModules, loadModule } from '../fixes/commands.ts';
import { moduleFor } from '../kvm-module.ts';

export const moduleChecks: readonly Check[] = [
  {
    id: 'kmod.conflict',
    group: 'KVM',
    title: 'other hypervisors',
    reads:
      'vboxdrv and vmmon among the loaded modules; running virtual machines of theirs in /proc',
    causes: ['busy'],
    evaluate: evaluateConflict,
  },
  {
    id: 'kmod.blacklist',
    group: 'KVM',
    title: 'blacklisted modules',
    reads: 'modprobe.d in /etc, /run, /usr/lib and /lib; /proc/cmdline',
    causes: ['blacklisted'],
    evaluate: evaluateBlacklist,
  },
  {
    id: 'kmod.tree',
    group: 'KVM',
    title: 'modules of the running kernel',
    reads: '/lib/modules/$(uname -r)',
    causes: ['kernel-upgraded'],
    evaluate: evaluateTree,
  },
  {
    id: 'kmod.loaded',
    group: 'KVM',
    title: 'kernel modules',
    reads: '/sys/module (built-in modules show only there), /proc/modules',
    causes: ['module-not-loaded'],
    evaluate: evaluateLoaded,
  },
];

function driverLoaded({ modules }: HostFacts): string | undefined {
  return ['kvm_intel', 'kvm_amd', 'kvm_pvm'].find((name) => modules.loaded.has(name));
}

function evaluateConflict(input: CheckInput): Finding {
  const { modules, machine } = input.facts;
  const others = ['vboxdrv', 'vmmon'].filter((name) => modules.loaded.has(name));
  if (others.length === 0) return pass('no other hypervisor is loaded');
  const evidence = others.map((name) => ({ path: '/proc/modules', value: name }));
  const running = machine.virtualMachines[0];
  const owner = others.includes('vboxdrv') ? 'VirtualBox' : 'VMware';
  if (running === undefined) {
    return info(`${owner} is installed (${others.join(', ')}), but runs no machine`, { evidence });
  }
  return kvmProblem(input, `a virtual machine of ${owner} is running`, {
    cause: 'busy',
    why: 'It holds the processor extension; KVM gets it when that machine is off.',
    evidence: [...evidence, { path: `/proc/${running.pid}/comm`, value: running.program }],
    fix: {
      kind: 'manual',
      commands: [],
      after: 'none',
      advice: `Power that machine off in ${owner} (${running.program}, pid ${running.pid}).`,
    },
  });
}

function evaluateBlacklist(input: CheckInput): Finding {
  const { facts } = input;
  const lines = facts.modules.blacklisted.filter(
    ({ module }) => module === 'kvm' || module === moduleFor(facts.machine.cpu),
  );
  const [first] = lines;
  if (first === undefined) return pass('nothing keeps KVM from being loaded');
  const place = first.line === undefined ? first.path : `${first.path}:${first.line}`;
  const evidence = lines.map(({ path, line, text }) => ({
    path: line === undefined ? path : `${path}:${line}`,
    value: text,
  }));
  if (driverLoaded(facts) !== undefined) {
    return info(`${place} blacklists ${first.module}, which is loaded all the same`, { evidence });
  }
  const inFiles = lines.filter(({ line }) => line !== undefined);
  const allInFiles = inFiles.length === lines.length;
  return kvmProblem(input, `${first.module} is switched off in ${place}`, {
    cause: 'blacklisted',
    why: 'Somebody did this on purpose, often for VirtualBox: ask before you undo it.',
    evidence,
    fix: {
      kind: allInFiles ? 'auto' : 'manual',
      commands: [...allowModules(inFiles), ...loadModule(facts)],
      after: allInFiles ? 'none' : 'reboot',
      ...(allInFiles
        ? {}
        : { advice: `Take ${first.text} off the kernel's command line (/etc/default/grub).` }),
    },
  });
}

function evaluateTree(input: CheckInput): Finding {
  const { modules, machine } = input.facts;
  if (machine.container !== undefined) {
    return skipped('host.container', 'modules belong to the host outside');
  }
  const blocker = firstProblem(input, ['host.arch', 'host.wsl']);
  if (blocker !== undefined) return skipped(blocker.id, 'there is no KVM for the guest here');
  const { kernel } = machine;
  if (modules.treeFound === undefined || kernel === undefined) {
    return unknown('not known: the running kernel does not tell its release');
  }
  const path = `/lib/modules/${kernel}`;
  if (modules.treeFound) return pass(path, [{ path, value: 'found' }]);
  if (machine.wsl === 2) return info('the kernel comes from Windows, with KVM built in');
  const found = modules.trees.length === 0 ? 'none' : modules.trees.join(', ');
  const evidence = [{ path: '/lib/modules', value: found }];
  if (driverLoaded(input.facts) !== undefined) {
    return info(`no modules for the running kernel ${kernel}; KVM's are loaded`, { evidence });
  }
  return kvmProblem(input, `no modules for the running kernel ${kernel}`, {
    cause: 'kernel-upgraded',
    why: 'The kernel was upgraded and the host not rebooted since: modules of the running kernel are gone.',
    evidence,
    fix: {
      kind: 'manual',
      commands: [
        { argv: ['reboot'], root: true, why: 'starts the kernel whose modules are there' },
      ],
      after: 'reboot',
    },
  });
}

function evaluateLoaded(input: CheckInput): Finding {
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
  const outside = facts.machine.container !== undefined;
  return kvmProblem(input, `${moduleFor(facts.machine.cpu)} is not loaded`, {
    cause: 'module-not-loaded',
    why: 'The processor can do it, but nobody loaded the module. It loads by itself on most distributions.',
    evidence: [{ path: '/proc/modules', value: [...facts.modules.loaded].join(', ') || 'no kvm' }],
    fix: {
      kind: outside ? 'manual' : 'auto',
      commands: loadModule(facts),
      after: 'none',
      ...(outside ? { advice: 'On the host outside this container:' } : {}),
    },
  });
}
