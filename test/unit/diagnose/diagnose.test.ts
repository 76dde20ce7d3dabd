import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { diagnose, rules } from '../../../src/diagnose/diagnose.ts';
import { diagnosisIds, type DiagnosisId, type Evidence } from '../../../src/diagnose/diagnosis.ts';
import { parseTextScreen } from '../../../src/qmp/text-screen.ts';
import { recordedLines } from '../../support/recordings.ts';

const logs = join(import.meta.dirname, '../../../fixtures/logs');

function read(path: string): string {
  return readFileSync(join(logs, path), 'utf8');
}

/** A recorded console as the reader of `up` gives it: without blank lines. */
function consoleLines(name: string): string[] {
  return recordedLines(`console/${name}.txt`).filter((line) => line !== '');
}

/** As Linux 6.1 was seen to report it again and again. */
function stuckFor(seconds: number): string {
  return `[   28.9] watchdog: BUG: soft lockup - CPU#1 stuck for ${seconds}s! [modprobe:94]`;
}

const base: Evidence = { elapsedMs: 42_000 };

/** What `up` knew when it gave up on a recorded boot. */
function stalled(name: string): Evidence {
  const lines = consoleLines(name);
  const sawLogin = lines.some((line) => / login:/.test(line));
  return { ...base, consoleLines: lines, sawLogin, silentForMs: 30_000 };
}

describe('boots of guests that were broken on purpose (recorded)', () => {
  test.each<[string, DiagnosisId, string, string]>([
    ['boot-ssh-broken', 'ssh-absent', '(ssh.service)', 'journalctl -u ssh'],
    ['boot-network-dead', 'network-dead', 'SSH does not answer', 'ip address'],
    ['boot-init-gone', 'init-missing', 'no init program to run', '/bin/init'],
    ['boot-init-ends', 'init-missing', 'the first process has died', 'utopia reset'],
    ['boot-unix-missing', 'init-stopped', 'Failed to allocate notification socket', 'utopia reset'],
    ['boot-root-wrong', 'initramfs-shell', '/dev/vdb1', 'root='],
  ])('%s is %s', (name, id, what, words) => {
    const diagnosis = diagnose(stalled(name));
    expect(diagnosis.id).toBe(id);
    expect(diagnosis.what).toContain(what);
    expect(Object.values(diagnosis).flat().join(' ')).toContain(words);
    expect(diagnosis.lines.length).toBeGreaterThan(0);
  });
});

test.each(['boot-unix-missing', 'boot-network-dead', 'panic-no-root'])(
  '%s of a kernel that was booted directly leads to its check',
  (name) => {
    const { next } = diagnose({ ...stalled(name), directKernel: './bzImage' });
    expect(next).toContain('utopia kernel check ./bzImage');
  },
);

test('an initramfs on a slow host may take as long as the boot until there', () => {
  const silent = { ...stalled('boot-root-wrong'), silentForMs: 15_000 };
  expect(diagnose({ ...silent, elapsedMs: 42_000 }).id).not.toBe('initramfs-shell');
  expect(diagnose({ ...silent, elapsedMs: 29_000 }).id).toBe('initramfs-shell');
});

function exited(output: string, extra: Partial<Evidence> = {}): Evidence {
  return { ...base, qemuExit: { code: 1, signal: null }, qemuOutput: output, ...extra };
}

describe('QEMU’s own words (recorded from 7.2)', () => {
  const ssh = { host: '127.0.0.1', port: 45_223 };
  test.each<[string, DiagnosisId, string]>([
    ['lock', 'overlay-locked', 'utopia status'],
    ['port', 'port-taken', 'port 45223'],
    ['bad-host', 'port-taken', 'Bad host address'],
    ['vnc', 'screen-taken', 'UTOPIA_VNC=auto'],
    ['kvm-perm', 'kvm-inaccessible', 'Permission denied'],
    ['kvm-msr', 'kvm-broken', 'UTOPIA_ACCEL=tcg'],
    ['device', 'feature-missing', 'virtio-cryptodev-pci'],
    ['netdev', 'feature-missing', 'bogus'],
    ['accel', 'feature-missing', 'hax'],
    ['machine', 'feature-missing', 'machine type'],
    ['missing', 'file-missing', './none.qcow2'],
    ['kernel', 'file-missing', '/nonexistent'],
    ['share', 'file-missing', 'shared folder /nonexistent'],
    ['backing', 'backing-missing', 'b.raw'],
    ['noperm', 'file-unreadable', 'Permission denied'],
    ['format', 'image-format', 'qcow2'],
    ['memory', 'memory-short', 'UTOPIA_MEMORY_MB'],
    ['socket', 'socket-unusable', 'No such file'],
    ['pidfile', 'socket-unusable', 'No such file'],
    ['property', 'bad-argument', 'virtio-rng-pci.nonsense'],
    ['option', 'bad-argument', '-nonsense'],
    ['value', 'bad-argument', 'smp.cpus'],
    ['dupid', 'bad-argument', 'net0'],
    ['sensors', 'bad-argument', 'Connection refused'],
  ])('%s is %s', (file, id, word) => {
    const diagnosis = diagnose(exited(read(`qemu/${file}.txt`), { ssh }));
    expect(diagnosis.id).toBe(id);
    expect(`${diagnosis.what} ${diagnosis.why} ${diagnosis.next}`).toContain(word);
    expect(diagnosis.lines.length).toBeGreaterThan(0);
  });

  test('the user’s own arguments are named as the place to look', () => {
    const output = read('qemu/option.txt');
    expect(diagnose(exited(output, { hasExtraArgs: true })).why).toContain('UTOPIA_EXTRA_ARGS');
    expect(diagnose(exited(output)).why).not.toContain('UTOPIA_EXTRA_ARGS');
  });

  test('a port of another forward is not said to be the SSH port', () => {
    const other = { ...ssh, port: 22_223 };
    expect(diagnose(exited(read('qemu/port.txt'), { ssh: other })).what).toContain(
      'tcp:127.0.0.1:45223-:22',
    );
  });

  test('a warning of a QEMU that runs is no reason', () => {
    const evidence = { ...base, qemuOutput: read('qemu/kvm-perm.txt'), timedOut: true };
    expect(diagnose(evidence).id).toBe('timeout');
  });

  test('a warning of a QEMU that ended is no reason, and is not shown as one', () => {
    const warnings = [
      "qemu-system-x86_64: -mon chardev=qmp0,mode=control: warning: '-mon' is deprecated, use '-object' with 'monitor-hmp' or 'monitor-qmp' types instead",
      'qemu-system-x86_64: warning: fd: migration to a file is deprecated. Use file: instead.',
      "qemu-system-x86_64: warning: TCG doesn't support requested feature: CPUID.01H:ECX.pcid [bit 17]",
    ].join('\n');
    expect(diagnose(exited(warnings)).lines).toEqual([]);
    expect(diagnose(exited(warnings)).what).toContain('said nothing');
    const said = 'qemu-system-x86_64: -device nosuch: nosuch is not a valid device model name';
    expect(diagnose(exited(`${warnings}\n${said}\n`)).lines).toEqual([
      '-device nosuch: nosuch is not a valid device model name',
    ]);
  });

  test.each<[string | null, number | null, DiagnosisId]>([
    ['SIGKILL', null, 'qemu-killed'],
    ['SIGTERM', null, 'qemu-killed'],
    ['SIGSYS', null, 'sandbox-violated'],
    ['SIGSEGV', null, 'qemu-crashed'],
    [null, 3, 'qemu-exited'],
    [null, 0, 'qemu-exited'],
  ])('an end by signal %s or status %s is %s', (signal, code, id) => {
    expect(diagnose({ ...base, qemuExit: { code, signal } }).id).toBe(id);
  });
});

describe('the guest’s words', () => {
  test('an empty disk', () => {
    const diagnosis = diagnose({ ...base, firmwareLog: read('firmware/empty-disk.txt') });
    expect(diagnosis.id).toBe('no-bootable-disk');
    expect(diagnosis.lines).toContain('Boot failed: not a bootable disk');
  });

  test('a menu that names a kernel that is not there', () => {
    const evidence: Evidence = {
      ...base,
      stage: 'kernel',
      silentForMs: 20_000,
      firmwareLog: read('firmware/grub-boot.txt'),
      consoleLines: consoleLines('grub-badkernel'),
    };
    expect(diagnose(evidence)).toMatchObject({
      id: 'loader-stuck',
      what: 'The boot loader (grub) does not find /boot/missing.',
    });
  });

  test('a passing error of grub is not the end of a boot', () => {
    const evidence: Evidence = {
      ...base,
      stage: 'loader',
      silentForMs: 900,
      consoleLines: ['error: no suitable video mode found.'],
    };
    expect(diagnose({ ...evidence, timedOut: true }).id).toBe('timeout');
  });

  test('a grub that is only on the screen', () => {
    const screenLines = parseTextScreen(read('firmware/screen-grub-shell.txt'));
    const diagnosis = diagnose({ ...base, stage: 'loader', silentForMs: 3_000, screenLines });
    expect(diagnosis.id).toBe('loader-stuck');
    expect(diagnosis.lines.at(-1)).toBe('grub>');
  });

  test('a recorded init that left', () => {
    const diagnosis = diagnose({ ...base, consoleLines: consoleLines('panic-init-killed') });
    expect(diagnosis.id).toBe('init-missing');
    expect(diagnosis.what).toContain('exitcode=0x00000100');
  });

  test('a kernel without drivers for its root', () => {
    const diagnosis = diagnose({
      ...base,
      stage: 'kernel',
      consoleLines: consoleLines('panic-no-root'),
    });
    expect(diagnosis.id).toBe('root-missing');
    expect(diagnosis.what).toContain('unknown-block(0,0)');
    expect(diagnosis.why).toContain('built in (Y, not M)');
    expect(diagnosis.lines.join('\n')).toContain('Kernel panic - not syncing');
  });

  test.each<[string, DiagnosisId]>([
    [
      'Kernel panic - not syncing: No working init found.  Try passing init= option',
      'init-missing',
    ],
    ['Kernel panic - not syncing: Requested init /bin/x failed (error -2).', 'init-missing'],
    ['Kernel panic - not syncing: Attempted to kill init! exitcode=0x0000000b', 'init-missing'],
    ['Kernel panic - not syncing: Fatal exception in interrupt', 'kernel-panic'],
    ['(initramfs) ', 'initramfs-shell'],
    ['ALERT!  UUID=abc does not exist.  Dropping to a shell!', 'initramfs-shell'],
    ['You are in emergency mode. After logging in, type "journalctl -xb"', 'emergency-mode'],
  ])('%s', (line, id) => {
    expect(diagnose({ ...base, consoleLines: ['before', line] }).id).toBe(id);
  });

  test('a panic that only the device reports', () => {
    expect(diagnose({ ...base, panicked: true }).id).toBe('kernel-panic');
  });

  test('a panic says its reason once, however the crash report spaces it', () => {
    const reason = "IO-APIC + timer doesn't work!  Boot with apic=debug and send a report.";
    const evidence: Evidence = {
      ...base,
      consoleLines: [`[    0.076000] Kernel panic - not syncing: ${reason}`],
      crash: "kernel panic: IO-APIC + timer doesn't work! Boot with apic=debug and send a report.",
    };
    expect(diagnose(evidence).what).toBe(`The kernel panicked: ${reason}`);
  });

  test('a panic explains more than the exit that it causes', () => {
    const evidence: Evidence = {
      ...base,
      qemuExit: { code: 1, signal: null },
      panicked: true,
      shutdownBy: 'guest',
    };
    expect(diagnose(evidence).id).toBe('kernel-panic');
  });

  test('emergency mode names the units that failed', () => {
    const consoleText = [
      '[FAILED] Failed to mount /data.',
      '[  OK  ] Other.',
      'You are in emergency mode.',
    ];
    expect(diagnose({ ...base, consoleLines: consoleText }).lines).toEqual([consoleText[0]]);
  });

  test.each<[Partial<Evidence>, DiagnosisId]>([
    [{ shutdownBy: 'guest', qemuExit: { code: 0, signal: null } }, 'guest-shutdown'],
    [{ stage: 'init', qemuExit: { code: 0, signal: null } }, 'guest-shutdown'],
    [{ shutdownBy: 'host', qemuExit: { code: 0, signal: null } }, 'host-shutdown'],
    [{ runState: 'io-error' }, 'disk-full'],
  ])('%j is %s', (extra, id) => {
    expect(diagnose({ ...base, ...extra }).id).toBe(id);
  });
});

describe('waiting that ended', () => {
  const login = { sawLogin: true, stage: 'network', consoleLines: ['lab login:'] } as const;
  test.each<[string, Partial<Evidence>, DiagnosisId]>([
    ['a prompt without SSH', login, 'network-dead'],
    [
      'an sshd that failed',
      {
        ...login,
        consoleLines: ['[FAILED] Failed to start ssh.service - OpenBSD Secure Shell server.'],
      },
      'ssh-absent',
    ],
    ['no console at all', { silentForMs: 90_000 }, 'console-silent'],
    [
      'a kernel that says nothing',
      { stage: 'loader', consoleLines: ['Loading Linux 6.1 ...'], silentForMs: 60_000 },
      'kernel-silent',
    ],
    [
      'a console that stands still',
      { stage: 'init', consoleLines: ['A start job is running'], silentForMs: 120_000 },
      'stalled',
    ],
    [
      'a processor that hangs',
      { stage: 'kernel', consoleLines: [stuckFor(26), stuckFor(53)], silentForMs: 120_000 },
      'processor-stuck',
    ],
    [
      'reports of a busy host, between which the boot gets on, at its time-out',
      {
        ...{ stage: 'init', silentForMs: 400, timedOut: true },
        consoleLines: [stuckFor(26), 'live', stuckFor(53), 'live'],
      },
      'timeout',
    ],
    [
      'one report of a busy host, and then a boot that stands still',
      { stage: 'init', consoleLines: [stuckFor(26), 'A start job'], silentForMs: 120_000 },
      'stalled',
    ],
    [
      'a cap while the console moves',
      { stage: 'init', consoleLines: ['x'], silentForMs: 100, timedOut: true },
      'timeout',
    ],
  ])('%s', (_, extra, id) => {
    expect(diagnose({ ...base, ...extra }).id).toBe(id);
  });

  test('half-working KVM is suspected only where KVM runs', () => {
    const evidence: Evidence = {
      ...base,
      stage: 'loader',
      consoleLines: ['Loading Linux 6.1 ...'],
      silentForMs: 60_000,
    };
    expect(diagnose({ ...evidence, accelerator: 'kvm' }).next).toContain('UTOPIA_ACCEL=tcg');
    expect(diagnose({ ...evidence, accelerator: 'tcg' }).next).not.toContain('UTOPIA_ACCEL');
  });
});

test('every id has a rule, and every rule an id', () => {
  expect(new Set(rules.map((rule) => rule.id))).toEqual(new Set(diagnosisIds));
});

test('no evidence at all still gives an answer', () => {
  const diagnosis = diagnose({ elapsedMs: 0, timedOut: true });
  expect(diagnosis.id).toBe('timeout');
  expect(diagnosis.next).not.toBe('');
});

function panic(text: string): Evidence {
  const line = `[    1.000000] Kernel panic - not syncing: ${text}`;
  return { ...base, consoleLines: [line], panicked: true };
}

test('who gave QEMU a kernel is not sent to the kernels of the disk', () => {
  const guests: readonly Evidence[] = [
    panic('VFS: Unable to mount root fs on unknown-block(0,0)'),
    panic('Oops'),
    stalled('boot-root-wrong'),
  ];
  for (const evidence of guests) {
    expect(diagnose(evidence).next).toContain('utopia up --boot-entry previous');
    const own = diagnose({ ...evidence, ownKernel: true }).next;
    expect(own).not.toContain('--boot-entry');
    expect(own).toContain('without your own -kernel');
    const direct = diagnose({ ...evidence, directKernel: 'mine' }).next;
    expect(direct).not.toContain('--boot-entry');
    expect(direct).toMatch(/[Ww]ithout --kernel/);
    const rescued = diagnose({ ...evidence, rescued: true }).next;
    expect(rescued).toContain('utopia rescue --attach');
  }
  // No kernel helps where init is gone.
  expect(diagnose(panic('No working init found.')).next).toContain('utopia rescue --attach');
});
