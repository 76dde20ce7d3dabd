import { findLine, qemuLines, tail, type Rule } from './rule-text.ts';
import type { Diagnosis, DiagnosisId, Evidence } from './diagnosis.ts';

type Explanation = Pick<Diagnosis, 'what' | 'why' | 'next'>;

/** A rule about QEMU's own words; it applies once QEMU has ended. */
function saying(
  id: DiagnosisId,
  pattern: RegExp,
  explain: (match: RegExpExecArray, evidence: Evidence) => Explanation,
): Rule {
  return {
    id,
    explain: (evidence) => {
      if (evidence.qemuExit === undefined) return undefined;
      const lines = qemuLines(evidence);
      const match = findLine(lines, pattern);
      return match === undefined
        ? undefined
        : { ...explain(match, evidence), lines: tail(lines, 6) };
    },
  };
}

/** Why QEMU refused to start, by what it printed. Texts of QEMU 7.2 (fixtures/logs/qemu) and later. */
export const qemuRules: readonly Rule[] = [
  saying('overlay-locked', /Failed to get (?:shared )?"\w+" lock/, () => ({
    what: 'QEMU exited immediately: another program has the disk image open.',
    why: 'Two machines on one overlay would destroy it, so QEMU locks it. Another QEMU runs on it, perhaps one that a closed terminal left behind.',
    next: 'utopia status',
  })),
  saying('port-taken', /Could not set up host forwarding rule '([^']*)'/, (match, { ssh }) => {
    const rule = match[1] ?? '';
    const ours = ssh !== undefined && rule.includes(`:${ssh.port}-:22`);
    return {
      what: ours
        ? `QEMU exited immediately: it could not bind port ${ssh.port} on ${ssh.host}.`
        : `QEMU exited immediately: it could not set up the port forward ${rule}.`,
      why: 'Another program has the port, or the address does not belong to this host.',
      next: ours ? 'UTOPIA_SSH_PORT=auto utopia up' : 'Choose another port for that forward.',
    };
  }),
  saying('port-taken', /Invalid host forwarding rule '([^']*)' \(([^)]*)\)/, (match) => ({
    what: `QEMU exited immediately: it does not understand the port forward ${match[1]}.`,
    why: `${match[2]}: QEMU wants numbers, no host names.`,
    next: 'Write the address as numbers, for example 127.0.0.1.',
  })),
  saying(
    'screen-taken',
    /-vnc ([^:\s]*:\d+)\b.*(?:Failed to find an available port|Failed to bind)/,
    (match) => ({
      what: `QEMU exited immediately: the VNC display ${match[1]} is taken.`,
      why: 'Another machine or a VNC server has that display (display N is TCP port 5900 + N).',
      next: 'UTOPIA_VNC=auto utopia up',
    }),
  ),
  saying('kvm-inaccessible', /Could not access KVM kernel module: (.*)/, (match) => ({
    what: `QEMU exited immediately: KVM cannot be used (${match[1]}).`,
    why: 'The device /dev/kvm is missing, or this login may not open it.',
    next: 'utopia doctor, or without KVM: UTOPIA_ACCEL=tcg utopia up',
  })),
  saying(
    'kvm-broken',
    /failed to set MSR|kvm_buf_set_msrs|failed to initialize kvm|KVM internal error|kvm run failed/,
    () => ({
      what: 'QEMU ended: KVM is there, but does not work on this host.',
      why: 'The processor or the hypervisor below this host does not give what KVM needs; nested virtualisation is often only half there.',
      next: 'UTOPIA_ACCEL=tcg utopia up',
    }),
  ),
  saying('file-missing', /cannot initialize fsdev '[^']*': failed to open '([^']*)'/, (match) => ({
    what: `QEMU exited immediately: the shared folder ${match[1]} cannot be opened.`,
    why: 'It does not exist, or you may not read it.',
    next: `mkdir -p '${match[1]}', or set SHARED_FS_DIR to another folder.`,
  })),
  saying('backing-missing', /Could not open backing file: Could not open '([^']*)'/, (match) => ({
    what: `QEMU exited immediately: the backing file ${match[1]} is missing.`,
    why: 'The overlay holds only your changes; the image below it was moved, renamed or removed.',
    next: 'Put it back, or after a move: utopia image rebase',
  })),
  saying(
    'file-missing',
    /(?:Could not open|could not open kernel file|could not load initrd) '?([^':]+)'?: No such file/i,
    (match) => ({
      what: `QEMU exited immediately: the file ${match[1]} does not exist.`,
      why: 'A path in the configuration or in the extra arguments leads nowhere. QEMU does not run in your folder: relative paths of your own do not work.',
      next: 'utopia up --dry-run shows every path; write yours from the root on.',
    }),
  ),
  saying(
    'file-unreadable',
    /Could not open '([^']*)': (Permission denied|Read-only file system)/,
    (match) => ({
      what: `QEMU exited immediately: it may not open ${match[1]} (${match[2]}).`,
      why: 'The file belongs to somebody else, or lies on a read-only file system. A machine once started with sudo leaves files of root behind.',
      next: `ls -l '${match[1]}'`,
    }),
  ),
  saying(
    'image-format',
    /Image is not in (\w+) format|Unknown driver|Image (?:has|contains) .*corrupt/i,
    (match) => ({
      what: `QEMU exited immediately: a disk image is not what it is said to be (${match[0]}).`,
      why: 'The file was replaced, cut short or damaged, or its format is another one than QEMU was told.',
      next: 'qemu-img info on the image tells its format.',
    }),
  ),
  saying('memory-short', /cannot set up guest memory|Cannot allocate memory/, () => ({
    what: 'QEMU exited immediately: the host has not enough memory for this machine.',
    why: 'UTOPIA_MEMORY_MB asks for more than the host, or its limit for this user, can give.',
    next: 'UTOPIA_MEMORY_MB=1024 utopia up',
  })),
  saying(
    'sandbox-unsupported',
    /-sandbox support is not enabled|seccomp.*(?:not|fail)|failed to install seccomp|There is no option group 'sandbox'/i,
    () => ({
      what: 'QEMU exited immediately: its sandbox does not work here.',
      why: 'This QEMU was built without seccomp, or the kernel (a container, often) does not allow it.',
      next: 'utopia doctor, or without it: utopia up -- -sandbox off',
    }),
  ),
  saying(
    'socket-unusable',
    /Failed to bind socket to ([^:]+): (.*)|UNIX socket path '[^']*' is too long|cannot create PID file: (.*)/,
    (match) => ({
      what: `QEMU exited immediately: it could not make one of its own files (${match[2] ?? match[3] ?? 'its path is too long'}).`,
      why: "The machine's runtime folder is missing, full or not yours.",
      next: 'Is XDG_RUNTIME_DIR a folder of yours? Then try again.',
    }),
  ),
  saying(
    'feature-missing',
    /'([^']*)' is not a valid device model name|Parameter '(?:type|driver)' (?:does not accept value|expects an?) '?([^']*)|invalid accelerator (\S+)|network backend '([^']*)' is not compiled|(unsupported machine type)/,
    (match, evidence) => {
      const name = match.slice(1).find((group) => group !== undefined) ?? 'a part';
      return {
        what: `QEMU exited immediately: this QEMU does not have ${name === 'unsupported machine type' ? 'that machine type' : name}.`,
        why:
          evidence.hasExtraArgs === true
            ? 'Your extra arguments ask for something that this QEMU was built without, or that is misspelt.'
            : 'This QEMU is too old for it, or was built without it.',
        next: 'utopia doctor, or another QEMU through QEMU_BUILD_DIR',
      };
    },
  ),
  saying(
    'bad-argument',
    /Property '([^']*)' not found|(\S{1,200}): invalid option|(Invalid parameter '[^']*')|(Parameter '[^']*' (?:expects|is missing|does not).*)|(Duplicate ID .*)|(Failed to connect to '.*)|(address resolution failed.*)/,
    (match, evidence) => ({
      what: `QEMU exited immediately: it does not accept an argument (${match.slice(1).find((group) => group !== undefined) ?? match[0]}).`,
      why:
        evidence.hasExtraArgs === true
          ? 'Your own arguments (behind --, or UTOPIA_EXTRA_ARGS) are the last in the list.'
          : 'utopia built an argument list that this QEMU does not understand.',
      next: 'utopia up --dry-run shows the argument list.',
    }),
  ),
  {
    id: 'sandbox-violated',
    explain: (evidence) =>
      evidence.qemuExit?.signal === 'SIGSYS'
        ? {
            what: 'QEMU was ended by its own sandbox (signal SIGSYS).',
            why: 'It tried something that the sandbox forbids, as starting a program. A device in the extra arguments may need that.',
            next: 'utopia up -- -sandbox off',
            lines: tail(qemuLines(evidence), 6),
          }
        : undefined,
  },
  {
    id: 'qemu-killed',
    explain: (evidence) => {
      const signal = evidence.qemuExit?.signal;
      if (
        signal !== 'SIGKILL' &&
        signal !== 'SIGTERM' &&
        signal !== 'SIGINT' &&
        signal !== 'SIGHUP'
      ) {
        return undefined;
      }
      return {
        what: `QEMU was ended from outside (signal ${signal}).`,
        why:
          signal === 'SIGKILL'
            ? 'Somebody killed it, or the kernel did because the host ran out of memory.'
            : 'Somebody, or the end of a login session, stopped it.',
        next: signal === 'SIGKILL' ? 'dmesg | grep -i "out of memory"' : 'utopia up',
        lines: tail(qemuLines(evidence), 6),
      };
    },
  },
  {
    id: 'qemu-crashed',
    explain: (evidence) =>
      evidence.qemuExit !== undefined && evidence.qemuExit.signal !== null
        ? {
            what: `QEMU crashed (signal ${evidence.qemuExit.signal}).`,
            why: 'A fault of QEMU itself, or of what it runs on.',
            next: 'UTOPIA_ACCEL=tcg utopia up tells whether KVM is part of it.',
            lines: tail(qemuLines(evidence)),
          }
        : undefined,
  },
];

/** QEMU has ended and nothing above knew why. */
export const unexplainedExit: Rule = {
  id: 'qemu-exited',
  explain: (evidence) => {
    if (evidence.qemuExit === undefined) return undefined;
    const lines = qemuLines(evidence);
    const silent = lines.length === 0;
    return {
      what: `QEMU ended with status ${evidence.qemuExit.code}${silent ? ' and said nothing' : ''}.`,
      why: silent ? 'It printed no error message.' : 'Its own words below say why.',
      next: 'utopia up --dry-run shows what was started.',
      lines: tail(lines),
    };
  },
};
