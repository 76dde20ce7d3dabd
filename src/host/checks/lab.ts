import {
  info,
  pass,
  skipped,
  unknown,
  type Check,
  type CheckInput,
  type Finding,
} from '../check.ts';
import { installFix } from '../install-packages.ts';
import type { ImageFinding } from '../lab-facts.ts';
import { evaluateMemory } from './memory.ts';
import { evaluatePorts } from './ports.ts';

/** Below this nothing can be started; a first boot alone writes tens of megabytes. */
const leastBytes = 64e6;
/** Below this a guest that installs packages fills it in an afternoon. */
const comfortableBytes = 1e9;
/** Private file, its record and the logs. */
const leastInodes = 16;

export const labChecks: readonly Check[] = [
  {
    id: 'lab.config',
    group: 'Lab',
    title: 'utopia.config',
    reads: 'utopia.config, .env beside it and the environment',
    causes: ['config-invalid'],
    evaluate: evaluateConfig,
  },
  {
    id: 'image.backing',
    group: 'Lab',
    title: 'the image',
    reads: 'QCOW2_BACKING_FILE, else cslab_rootfs*.raw, else the default image: its first bytes',
    causes: ['image-missing', 'image-unsuitable'],
    evaluate: ({ lab }) => evaluateImage(lab.backing),
  },
  {
    id: 'image.private',
    group: 'Lab',
    title: 'the private file',
    reads: 'its header and record, locks on it, and whether its backing file is what it was',
    causes: [
      'overlay-damaged',
      'overlay-locked',
      'image-changed',
      'image-missing',
      'cannot-create',
      'image-doubtful',
    ],
    evaluate: ({ lab }) => evaluateImage(lab.overlay),
  },
  {
    id: 'net.ports',
    group: 'Lab',
    title: 'SSH and VNC ports',
    reads: 'a bind of each port; /proc/net/tcp and tcp6; ip_unprivileged_port_start',
    causes: ['port-busy', 'port-privileged', 'address-unavailable'],
    evaluate: evaluatePorts,
  },
  {
    id: 'disk.space',
    group: 'Lab',
    title: 'room on the disk',
    reads: "statfs of the private file's folder: blocks and inodes that a user may still take",
    causes: ['disk-full', 'disk-tight'],
    evaluate: evaluateSpace,
  },
  {
    id: 'mem.available',
    group: 'Lab',
    title: 'memory',
    reads: "MemAvailable in /proc/meminfo, limits of the process's control groups",
    causes: ['memory-short'],
    evaluate: evaluateMemory,
  },
  {
    id: 'tools.guest',
    group: 'Lab',
    title: 'ssh',
    reads: 'ssh in PATH',
    causes: ['ssh-missing'],
    evaluate: ({ facts: { qemu, machine } }) => {
      if (qemu.ssh !== undefined) return pass(qemu.ssh, [{ path: qemu.ssh, value: 'found' }]);
      return {
        status: 'warn',
        message: 'there is no ssh client',
        cause: 'ssh-missing',
        why: 'utopia ssh uses it; the machine itself runs without.',
        fix: installFix(machine.os, ['ssh']),
      };
    },
  },
];

function evaluateConfig({ lab }: CheckInput): Finding {
  const { config, configErrors, configLabel } = lab;
  if (config !== undefined && configErrors.length > 0) {
    return skipped('net.ports', configErrors[0] ?? 'refused');
  }
  if (config !== undefined) {
    const { fileExists, dotenvKeysSet } = config;
    const dotenv = dotenvKeysSet === 0 ? '' : ', and .env';
    return pass(
      fileExists ? `${configLabel}${dotenv}` : `defaults${dotenv}: there is no utopia.config here`,
    );
  }
  return {
    status: 'fail',
    message: configErrors[0] ?? `${configLabel} cannot be used`,
    cause: 'config-invalid',
    why:
      configErrors.length > 1
        ? `${configErrors.length} problems in all; the checks of this lab wait for them.`
        : 'The checks of this lab wait for it.',
    evidence: configErrors.map((value) => ({ path: configLabel, value })),
    fix: {
      kind: 'manual',
      commands: [{ argv: ['utopia', 'config'], root: false, why: 'lists every problem' }],
      after: 'none',
    },
  };
}

function evaluateImage(finding: ImageFinding): Finding {
  if (finding.kind === 'absent') return info(finding.message);
  if (finding.kind === 'skipped') return skipped(finding.because, 'not looked at');
  if (finding.kind === 'good') {
    const evidence = [{ path: finding.path, value: finding.message }];
    const [warning] = finding.warnings;
    if (warning === undefined) return pass(finding.message, evidence);
    return {
      status: 'warn',
      message: warning.replace(/\.$/, ''),
      cause: 'image-doubtful',
      evidence,
    };
  }
  const { code, message, details, hint } = finding;
  return {
    status: 'fail',
    message: message.replace(/\.$/, ''),
    cause: code,
    ...(details.length === 0 ? {} : { why: details.join(' ') }),
    fix: {
      kind: 'manual',
      commands: [],
      after: 'none',
      ...(hint === undefined ? {} : { advice: hint }),
    },
  };
}

function evaluateSpace({ facts, lab }: CheckInput): Finding {
  if (lab.config === undefined) return skipped('lab.config', 'not looked at');
  const { space } = facts.resources;
  if (space === undefined) return unknown('not known: the file system does not tell');
  const { availableBytes, availableInodes, freeBytes } = space;
  const folder = lab.config.privateFile.replace(/\/[^/]*$/, '') || '/';
  const evidence = [
    { path: folder, value: `${availableBytes} bytes available, ${freeBytes ?? '?'} free` },
    ...(availableInodes === undefined
      ? []
      : [{ path: folder, value: `${availableInodes} inodes available` }]),
  ];
  const fix = {
    kind: 'manual',
    commands: [],
    after: 'none',
    advice: 'Free some space there, or set QCOW2_PRIVATE_FILE to a folder with more room.',
  } as const;
  if (availableBytes < leastBytes || (availableInodes ?? Infinity) < leastInodes) {
    const inodes = availableBytes >= leastBytes;
    return {
      status: 'fail',
      message: inodes
        ? 'no more files can be made in the lab’s folder'
        : `only ${inMegabytes(availableBytes)} are available in the lab’s folder`,
      cause: 'disk-full',
      ...((freeBytes ?? 0) > availableBytes + comfortableBytes
        ? { why: `${inMegabytes(freeBytes ?? 0)} are free, but reserved for root.` }
        : {}),
      evidence,
      fix,
    };
  }
  if (availableBytes < comfortableBytes) {
    return {
      status: 'warn',
      message: `only ${inMegabytes(availableBytes)} are available in the lab’s folder`,
      cause: 'disk-tight',
      why: 'The guest stops when the disk is full.',
      evidence,
      fix,
    };
  }
  return pass(`${inGigabytes(availableBytes)} available`, evidence);
}

function inMegabytes(bytes: number): string {
  return `${Math.floor(bytes / 1e6)} MB`;
}

function inGigabytes(bytes: number): string {
  return bytes < 10e9 ? `${(bytes / 1e9).toFixed(1)} GB` : `${Math.floor(bytes / 1e9)} GB`;
}
