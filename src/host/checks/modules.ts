import { info, kvmProblem, pass } from '../check.ts';
import type { Check, CheckInput, Finding } from '../check.ts';
import { allowModules, loadModule } from '../fixes/commands.ts';
import { moduleFor } from '../kvm-module.ts';
import { takeOffBootLine } from '../remedies/boot-line.ts';
import { driverLoaded, evaluateLoaded } from './loading.ts';
import { evaluateTree } from './module-tree.ts';

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
    causes: ['kernel-upgraded', 'kernel-without-modules', 'modules-elsewhere'],
    evaluate: evaluateTree,
  },
  {
    id: 'kmod.loaded',
    group: 'KVM',
    title: 'kernel modules',
    reads:
      '/sys/module (built-in modules show only there), /proc/modules, kernel.modules_disabled, lockdown',
    causes: ['module-not-loaded', 'loading-disabled'],
    evaluate: evaluateLoaded,
  },
];

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
  const { container, os } = facts.machine;
  const lines = facts.modules.blacklisted.filter(
    ({ module, line }) =>
      (module === 'kvm' || module === moduleFor(facts.machine.cpu)) &&
      // A container's modprobe.d says nothing about the host's.
      (container === undefined || line === undefined),
  );
  const first = lines.find(({ line }) => line === undefined) ?? lines[0];
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
  const why = 'Somebody did this on purpose, often for VirtualBox: ask before you undo it.';
  const message = `${first.module} is switched off in ${place}`;
  if (first.line !== undefined) {
    const commands = [...allowModules(inFiles), ...loadModule(facts)];
    const fix = { kind: 'auto', commands, after: 'none' } as const;
    return kvmProblem(input, message, { cause: 'blacklisted', why, evidence, fix });
  }
  // Until the next boot the kernel takes the module from nobody, root or not.
  const { where, commands } = takeOffBootLine(os, first.text, first.listed?.rest ?? '');
  const part = (first.listed?.rest ?? '') === '' ? '' : `${first.listed?.name} out of `;
  const outside = container === undefined ? '' : 'On the host outside: ';
  return kvmProblem(input, message, {
    cause: 'blacklisted',
    why: `The kernel was started with ${first.text}, which holds until the next boot. ${why}`,
    evidence,
    fix: {
      kind: 'manual',
      commands: [...allowModules(inFiles), ...commands],
      after: 'reboot',
      advice: `${outside}Take ${part}${first.text} ${part === '' ? 'out of' : 'on'} the kernel's command line in ${where}, then reboot.`,
    },
  });
}
