import { firstProblem, info, kvmProblem, pass, skipped, unknown } from '../check.ts';
import type { CheckInput, Finding } from '../check.ts';
import { moduleFor } from '../kvm-module.ts';
import { driverLoaded } from './loading.ts';

/** Whether the running kernel's modules are there to be loaded, and if not, what became of them. */
export function evaluateTree(input: CheckInput): Finding {
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
    return info(`no modules for the running kernel ${kernel}; KVM's are there`, { evidence });
  }
  if (hasNone(modules)) return withoutModules(input, kernel, evidence);
  if (!modules.trees.some((tree) => flavour(tree) === flavour(kernel))) {
    return elsewhere(input, kernel, evidence);
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

/**
 * Built without modules (no /proc/modules), or nothing was ever loaded: a distribution's kernel has
 * loaded some before its root file system was there, whatever was upgraded since.
 */
function hasNone({ takesModules, removable }: CheckInput['facts']['modules']): boolean {
  return takesModules === false || (takesModules === true && removable.size === 0);
}

/** The words of a release: `generic`, `arch`, `fc x`. An upgrade leaves a kernel of the same kind. Pure. */
function flavour(release: string): string {
  const words = release.toLowerCase().match(/[a-z]+/g) ?? [];
  return words.filter((word) => word !== 'rc').join(' ');
}

function withoutModules(
  input: CheckInput,
  kernel: string,
  trees: NonNullable<Finding['evidence']>,
): Finding {
  const { takesModules } = input.facts.modules;
  const value = takesModules === false ? 'not there' : 'empty';
  return kvmProblem(input, `the running kernel ${kernel} has no modules, and no KVM built in`, {
    cause: 'kernel-without-modules',
    why: 'No module was ever loaded into this kernel, and there are none for it: it was built without KVM, or its modules were not installed.',
    evidence: [...trees, { path: '/proc/modules', value }],
    fix: {
      kind: 'manual',
      commands: [],
      after: 'reboot',
      advice:
        'Start a kernel that has KVM, such as the distribution’s own. One that you build needs CONFIG_KVM with CONFIG_KVM_INTEL or CONFIG_KVM_AMD, and for modules make modules_install.',
    },
  });
}

function elsewhere(
  input: CheckInput,
  kernel: string,
  evidence: NonNullable<Finding['evidence']>,
): Finding {
  const module = moduleFor(input.facts.machine.cpu);
  return kvmProblem(input, `the modules of the running kernel ${kernel} are not in this system`, {
    cause: 'modules-elsewhere',
    why: 'What lies in /lib/modules is of other kernels, and no upgrade: the kernel was started with a root file system that is not its own, or this is a part of another system (a chroot).',
    evidence,
    fix: {
      kind: 'manual',
      commands: [],
      after: 'none',
      advice: `Where the kernel’s own modules are (the system around this one), run as root: modprobe ${module}. For a kernel that you built: make modules_install.`,
    },
  });
}
