import { firstProblem, info, kvmProblem, pass, skipped, unknown } from '../check.ts';
import type { Check, CheckInput, Evidence, Finding, Fix } from '../check.ts';
import { countWith, type CpuFacts } from '../facts/cpuinfo.ts';
import { readKernelLog } from '../facts/kernel-log.ts';
import { outerFix } from '../remedies/outer-host.ts';

export const cpuChecks: readonly Check[] = [
  {
    id: 'cpu.virt',
    group: 'KVM',
    title: 'processor extensions',
    reads: 'vmx or svm in the `flags` lines of /proc/cpuinfo; the kernel log when they are missing',
    causes: [
      'bios-disabled',
      'nested-without-virt',
      'cpu-without-virt',
      'virt-flag-missing',
      'split-cores',
    ],
    evaluate: evaluateFlags,
  },
  {
    id: 'cpu.bios',
    group: 'KVM',
    title: 'BIOS switch',
    reads: 'the kernel log (/dev/kmsg, else the journal)',
    causes: ['bios-disabled'],
    evaluate: evaluateBios,
  },
  {
    id: 'cpu.slat',
    group: 'KVM',
    title: 'nested paging',
    reads: 'ept or npt in /proc/cpuinfo, the parameter of that name of kvm_intel or kvm_amd',
    causes: ['paging-disabled', 'paging-missing'],
    evaluate: evaluatePaging,
  },
];

function evaluateFlags(input: CheckInput): Finding {
  const blocker = firstProblem(input, ['host.arch']);
  if (blocker !== undefined) return skipped(blocker.id, 'only an x86 processor has them');
  const { cpu } = input.facts.machine;
  if (cpu === undefined) return unknown('not known: /proc/cpuinfo cannot be read');
  if (cpu.family !== 'x86') return unknown('not known: /proc/cpuinfo has no flags');
  const have = countWith(cpu, 'vmx', 'svm');
  const flag = countWith(cpu, 'svm') > 0 ? 'svm (AMD-V)' : 'vmx (VT-x)';
  const evidence = [
    { path: '/proc/cpuinfo', value: `vmx or svm on ${have} of ${cpu.processors.length}` },
  ];
  if (have === cpu.processors.length) return explainLocked(input, cpu, flag, evidence);
  if (have > 0) return splitCores(input, flag, evidence);
  return explainMissing(input, cpu, evidence);
}

/** The flag is there. Some kernels show it although the BIOS, or a hypervisor outside, locked the extension. */
function explainLocked(
  input: CheckInput,
  cpu: CpuFacts,
  flag: string,
  evidence: readonly Evidence[],
): Finding {
  const { machine } = input.facts;
  const line = readKernelLog(machine.kernelLog ?? '').disabledByBios;
  if (line === undefined) return pass(flag, evidence);
  const seen = [...evidence, { path: 'kernel log', value: line }];
  if (isVirtual(cpu)) {
    return kvmProblem(input, 'this virtual machine shows virtualisation, but may not use it', {
      cause: 'nested-without-virt',
      why: 'The hypervisor outside shows VT-x or AMD-V and locks it: only there can it be changed.',
      evidence: seen,
      fix: outerFix(machine),
    });
  }
  return kvmProblem(input, 'the BIOS has virtualisation switched off', {
    cause: 'bios-disabled',
    why: 'The processor has the extension, and /proc/cpuinfo shows it, but the BIOS (UEFI) locks it: the kernel said so when it loaded KVM.',
    evidence: seen,
    fix: biosFix(),
  });
}

function splitCores(input: CheckInput, flag: string, evidence: readonly Evidence[]): Finding {
  return {
    status: input.requireKvm && input.facts.kvm?.works !== true ? 'fail' : 'warn',
    message: `only some of the processors have ${flag}`,
    cause: 'split-cores',
    why: 'A guest may stop when it is moved to a processor without the extension. A BIOS that was not applied to all cores does this.',
    evidence,
    fix: biosFix(),
  };
}

/** No processor has the flag: the kernel hides it when the BIOS switched the extension off. */
function explainMissing(input: CheckInput, cpu: CpuFacts, evidence: readonly Evidence[]): Finding {
  const { machine } = input.facts;
  const { kernelLog, vendor } = machine;
  if (isVirtual(cpu)) {
    return kvmProblem(input, 'this host is a virtual machine that was given no virtualisation', {
      cause: 'nested-without-virt',
      why: `The hypervisor outside${vendor === undefined ? '' : ` (${vendor})`} does not pass VT-x or AMD-V on: only there can it be changed.`,
      evidence,
      fix: outerFix(machine),
    });
  }
  const log = readKernelLog(kernelLog ?? '');
  const locked = countWith(cpu, 'svm_lock') > 0;
  if (log.disabledByBios !== undefined || locked) {
    return kvmProblem(input, 'the BIOS has virtualisation switched off', {
      cause: 'bios-disabled',
      why: 'The processor has the extension, but the BIOS (UEFI) locks it, so the kernel does not show its flag.',
      evidence: [
        ...evidence,
        log.disabledByBios === undefined
          ? { path: '/proc/cpuinfo', value: 'svm_lock without svm' }
          : { path: 'kernel log', value: log.disabledByBios },
      ],
      fix: biosFix(),
    });
  }
  if (kernelLog !== null && log.complete) {
    return kvmProblem(input, 'this processor has no virtualisation', {
      cause: 'cpu-without-virt',
      why: 'It shows neither vmx nor svm, and the kernel does not say that the BIOS switched it off.',
      evidence,
      fix: {
        kind: 'manual',
        commands: [],
        after: 'none',
        advice: `Look up ${cpu.modelName ?? 'the processor'}: if it has VT-x or AMD-V, switch that on in the BIOS.`,
      },
    });
  }
  return kvmProblem(
    input,
    'no virtualisation: switched off in the BIOS, or the processor has none',
    {
      cause: 'virt-flag-missing',
      why: 'The kernel hides the flag when the BIOS switched the extension off. Its log would tell which, but it cannot be read or does not reach back.',
      evidence,
      fix: {
        kind: 'manual',
        commands: [
          {
            argv: ['dmesg'],
            root: true,
            why: 'a line "disabled by BIOS" tells that it is the BIOS',
          },
        ],
        after: 'reboot',
        advice: 'If it says "disabled by BIOS", switch VT-x or SVM on in the BIOS and power-cycle.',
      },
    },
  );
}

/** The BIOS of a virtual machine has no such switch: what it lacks, it was not given. */
function isVirtual(cpu: CpuFacts): boolean {
  return countWith(cpu, 'hypervisor') > 0;
}

/** A warm reboot is not enough for some boards: the lock lives until power is off. */
function biosFix(): Fix {
  return {
    kind: 'manual',
    commands: [],
    after: 'reboot',
    advice:
      'In the BIOS (UEFI) setup, enable "Intel Virtualization Technology" (VT-x) or "SVM Mode", ' +
      'save, and switch the computer off and on again.',
  };
}

function evaluateBios(input: CheckInput): Finding {
  const blocker = firstProblem(input, ['host.arch']);
  if (blocker !== undefined) return skipped(blocker.id, 'not an x86 processor');
  const { cpu, kernelLog } = input.facts.machine;
  if (cpu === undefined) return unknown('not known: /proc/cpuinfo cannot be read');
  const shown = countWith(cpu, 'vmx', 'svm') === cpu.processors.length;
  const said = readKernelLog(kernelLog ?? '').disabledByBios !== undefined;
  if (shown && !said) return pass('the extension is on');
  if (isVirtual(cpu)) return skipped('cpu.virt', 'a virtual machine has no such switch');
  if (kernelLog === null) return unknown('the kernel log may not be read (kernel.dmesg_restrict)');
  if (kernelLog === undefined) return unknown('the kernel log cannot be read');
  const line = readKernelLog(kernelLog).disabledByBios;
  if (line === undefined) return info('the kernel log does not say that the BIOS switched it off');
  return kvmProblem(input, 'the kernel log says that the BIOS switched it off', {
    cause: 'bios-disabled',
    evidence: [{ path: 'kernel log', value: line }],
    fix: biosFix(),
  });
}

function evaluatePaging(input: CheckInput): Finding {
  const blocker = firstProblem(input, ['host.arch', 'cpu.virt']);
  if (blocker !== undefined) return skipped(blocker.id, 'there is nothing to page for');
  const { cpu, pagingParameter } = input.facts.machine;
  if (pagingParameter !== undefined && /^[N0]$/i.test(pagingParameter.value)) {
    return {
      status: 'warn',
      message: 'nested paging is switched off: guests run, but slowly',
      cause: 'paging-disabled',
      evidence: [pagingParameter],
      fix: {
        kind: 'manual',
        commands: [],
        after: 'reboot',
        advice: 'Look in /etc/modprobe.d for a line with ept=0 or npt=0.',
      },
    };
  }
  if (cpu === undefined) return unknown('not known: /proc/cpuinfo cannot be read');
  const flag = countWith(cpu, 'ept') > 0 ? 'ept' : countWith(cpu, 'npt') > 0 ? 'npt' : undefined;
  if (flag !== undefined) return pass(flag, [{ path: '/proc/cpuinfo', value: flag }]);
  if (pagingParameter !== undefined) return pass('on', [pagingParameter]);
  if (input.facts.kvm?.works === true) return info('not shown by /proc/cpuinfo; KVM works');
  return {
    status: 'info',
    message: 'neither ept nor npt is shown: guests may run slowly',
    cause: 'paging-missing',
    evidence: [{ path: '/proc/cpuinfo', value: 'no ept, no npt' }],
  };
}
