import { isAtLeast } from '../../text/versions.ts';
import { canaryExit } from '../canary-exit.ts';
import {
  info,
  pass,
  skipped,
  unknown,
  type Check,
  type CheckInput,
  type Finding,
} from '../check.ts';
import { evaluateBinary } from './qemu-binary.ts';

/** The oldest QEMU that knows every option of the argument list (5.2 is Debian 11's). */
const oldestVersion = [5, 2] as const;

export const qemuChecks: readonly Check[] = [
  {
    id: 'qemu.binary',
    group: 'QEMU',
    title: 'QEMU and qemu-img',
    reads: 'QEMU_BUILD_DIR, else ~/opt/qemu, PATH, /usr/bin/qemu-kvm, /usr/libexec/qemu-kvm',
    causes: [
      'qemu-missing',
      'not-executable',
      'wrong-arch',
      'qemu-img-missing',
      'build-dir-empty',
      'consent-needed',
    ],
    evaluate: evaluateBinary,
  },
  {
    id: 'qemu.version',
    group: 'QEMU',
    title: 'version',
    reads: '`qemu-system-x86_64 --version`',
    causes: ['qemu-too-old', 'qemu-silent'],
    evaluate: evaluateVersion,
  },
  {
    id: 'qemu.features',
    group: 'QEMU',
    title: 'what it was built with',
    reads: '`-device help`, `-netdev help`, `-accel help` of this very binary',
    causes: ['feature-missing', 'qemu-without-kvm'],
    evaluate: evaluateFeatures,
  },
  {
    id: 'qemu.runs',
    group: 'QEMU',
    title: 'a guest under emulation',
    reads: 'a guest of seven bytes, run with -accel tcg',
    causes: ['canary-failed', 'hang'],
    evaluate: evaluateEmulation,
  },
];

function evaluateVersion({ facts }: CheckInput): Finding {
  const { binary, features } = facts.qemu;
  if (binary === undefined) return skipped('qemu.binary', 'there is no QEMU');
  const version = features?.version;
  if (version === undefined) {
    const gap = facts.gaps.get('QEMU lists');
    if (gap === undefined) return unknown(`${binary} was not asked for its version`);
    return {
      status: 'fail',
      message: describeSilence(binary, gap),
      cause: 'qemu-silent',
      evidence: [{ path: `${binary} --version`, value: gap }],
      fix: {
        kind: 'manual',
        commands: [{ argv: [binary, '--version'], root: false, why: 'shows what it says' }],
        after: 'none',
        advice: 'Is it a QEMU for this machine, with all its libraries?',
      },
    };
  }
  const evidence = [{ path: `${binary} --version`, value: version }];
  if (isAtLeast(version, oldestVersion)) return pass(version, evidence);
  return {
    status: 'fail',
    message: `QEMU ${version} is too old: at least ${oldestVersion.join('.')} is needed`,
    cause: 'qemu-too-old',
    evidence,
    fix: {
      kind: 'manual',
      commands: [],
      after: 'none',
      advice: 'Upgrade it, or build a newer one and name its prefix in QEMU_BUILD_DIR.',
    },
  };
}

/** The probe's own words name the binary, or only say that no answer came. */
function describeSilence(binary: string, gap: string): string {
  const words = gap.replace(/\.$/, '');
  return words.startsWith(binary) ? words : `${binary} does not answer: ${words}`;
}

function evaluateFeatures(input: CheckInput): Finding {
  const { facts, lab, requireKvm } = input;
  const { binary, features } = facts.qemu;
  if (binary === undefined) return skipped('qemu.binary', 'there is no QEMU');
  const { devices, netdevs, accelerators } = features ?? {};
  if (devices === undefined && netdevs === undefined && accelerators === undefined) {
    return unknown('not known: QEMU did not list them');
  }
  const missing = [
    ...lab.needed.devices.filter((name) => devices !== undefined && !devices.includes(name)),
    ...lab.needed.netdevs
      .filter((name) => netdevs !== undefined && !netdevs.includes(name))
      .map((name) => `-netdev ${name}`),
    ...(accelerators?.some((name) => name === 'kvm' || name === 'tcg') === false
      ? ['an accelerator (kvm or tcg)']
      : []),
  ];
  const evidence = [
    { path: `${binary} -accel help`, value: accelerators?.join(', ') ?? 'not asked' },
  ];
  if (missing.length > 0) {
    return {
      status: 'fail',
      message: `this QEMU was built without ${missing.join(', ')}`,
      cause: 'feature-missing',
      why: 'The share needs 9p (configure --enable-virtfs), the network slirp (--enable-slirp).',
      evidence,
      fix: {
        kind: 'manual',
        commands: [],
        after: 'none',
        advice: "Build it again with these, or use the distribution's QEMU (no QEMU_BUILD_DIR).",
      },
    };
  }
  if (accelerators?.includes('kvm') === false && facts.machine.arch !== 'aarch64') {
    return {
      status: requireKvm ? 'fail' : 'warn',
      message: 'this QEMU was built without KVM',
      cause: 'qemu-without-kvm',
      evidence,
      fix: {
        kind: 'manual',
        commands: [],
        after: 'none',
        advice: "Build it with --enable-kvm, or use the distribution's QEMU (no QEMU_BUILD_DIR).",
      },
    };
  }
  return pass('9p share, user network, KVM', evidence);
}

function evaluateEmulation({ facts }: CheckInput): Finding {
  const { binary, features } = facts.qemu;
  if (binary === undefined) return skipped('qemu.binary', 'there is no QEMU');
  if (features?.accelerators?.includes('tcg') === false) {
    return skipped('qemu.features', 'this QEMU was built without emulation (tcg)');
  }
  const { emulation } = facts;
  if (emulation === undefined) return unknown('not known: no guest was run under emulation');
  const { slowdown } = facts;
  const evidence = [
    { path: 'canary', value: `${emulation.ms} ms` },
    ...(slowdown === undefined
      ? []
      : [{ path: 'loop', value: `${slowdown.toFixed(1)} times as long as on the processor` }]),
  ];
  if (emulation.exit === canaryExit) return pass('a guest runs under emulation', evidence);
  if (facts.kvm?.works === true)
    return info('a guest runs with KVM, not under emulation', { evidence });
  const hangs = emulation.timeout === true;
  const last = (emulation.stderr ?? '').trim().split('\n').at(-1) ?? '';
  return {
    status: 'fail',
    message: hangs ? 'QEMU starts, but a guest makes no progress' : 'QEMU cannot run a guest',
    cause: hangs ? 'hang' : 'canary-failed',
    why: last === '' ? 'Even seven bytes of guest code do not run.' : `It says: ${last}`,
    evidence: [...evidence, { path: 'stderr', value: last }],
    fix: {
      kind: 'manual',
      commands: [],
      after: 'none',
      advice:
        'Install QEMU again, with its firmware (the package seabios), or correct QEMU_BUILD_DIR.',
    },
  };
}
