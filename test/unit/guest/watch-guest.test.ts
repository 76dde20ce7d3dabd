import { describe, expect, test } from 'vitest';
import type { GuestEvent } from '../../../src/guest/events.ts';
import { watchGuest, type GuestWatch } from '../../../src/guest/watch-guest.ts';
import { recordedEvents, recordedLines } from '../../support/recordings.ts';

function hearAll(watch: GuestWatch, name: string): GuestEvent[] {
  return recordedEvents(name).flatMap(({ event, atMs }) => watch.handleEvent(event, atMs));
}

function readAll(watch: GuestWatch, source: 'firmware' | 'console', lines: string[]): GuestEvent[] {
  return watch.read(source, { lines, partial: '' }, 0);
}

describe('stages', () => {
  test('a recorded boot through grub comes out in order, each stage once', () => {
    const watch = watchGuest();
    const events = [
      ...readAll(watch, 'firmware', recordedLines('firmware/grub-boot.txt')),
      ...readAll(watch, 'console', recordedLines('console/grub-boot.txt')),
      ...watch.bannerSeen('SSH-2.0-OpenSSH_9.2p1', 9),
      ...watch.bannerSeen('SSH-2.0-OpenSSH_9.2p1', 10),
    ];
    expect(events).toEqual([
      { kind: 'stage', stage: 'firmware', detail: undefined, atMs: 0 },
      { kind: 'stage', stage: 'loader', detail: undefined, atMs: 0 },
      { kind: 'stage', stage: 'kernel', detail: 'Linux 6.1.0-56-amd64', atMs: 0 },
      { kind: 'stage', stage: 'ssh', detail: 'SSH-2.0-OpenSSH_9.2p1', atMs: 9 },
    ]);
  });

  test('a quiet Debian with systemd: grub names the kernel, the prompt shows the network', () => {
    const watch = watchGuest();
    const lines = recordedLines('console/debian-quiet.txt');
    const stages = watch.read(
      'console',
      { lines: lines.slice(0, -1), partial: lines.at(-1) ?? '' },
      3,
    );
    expect(stages).toEqual([
      { kind: 'stage', stage: 'loader', detail: 'grub', atMs: 3 },
      { kind: 'stage', stage: 'kernel', detail: 'Linux 6.1.0-56-amd64', atMs: 3 },
      { kind: 'stage', stage: 'network', detail: undefined, atMs: 3 },
    ]);
    expect(watch.sawLogin).toBe(true);
  });

  test('a systemd start is init, network, and a login prompt without newline', () => {
    const watch = watchGuest();
    const text = [
      '[    2.1] systemd[1]: systemd 252.39-1 running in system mode (+PAM)',
      'Welcome to Debian GNU/Linux 12 (bookworm)!',
      '[  OK  ] Reached target network.target - Network.',
    ];
    const stages = watch.read('console', { lines: text, partial: 'lab login:' }, 5);
    expect(stages.map((event) => event.kind === 'stage' && event.stage)).toEqual([
      'init',
      'network',
    ]);
    expect(watch.sawLogin).toBe(true);
  });

  test('an image without a console reaches ssh from the loader', () => {
    const watch = watchGuest();
    readAll(watch, 'firmware', recordedLines('firmware/grub-boot.txt'));
    expect(watch.stage).toBe('loader');
    watch.bannerSeen('SSH-2.0-x', 1);
    expect(watch.stage).toBe('ssh');
  });

  test('firmware words on the console of a guest are not the firmware', () => {
    const watch = watchGuest();
    expect(readAll(watch, 'firmware', ['systemd[1]: Started'])).toEqual([]);
  });
});

describe('reboot', () => {
  test('one reboot is one event, although QEMU says RESET three times', () => {
    const events = hearAll(watchGuest(), 'reset');
    expect(events).toEqual([
      { kind: 'rebooted', by: 'guest', atMs: 10_989 },
      { kind: 'shutdown', by: 'host', reason: 'host-qmp-quit', atMs: 12_491 },
    ]);
  });

  test('the old boot’s last words do not count for the new one', () => {
    const watch = watchGuest();
    readAll(watch, 'console', ['lab login:']);
    hearAll(watch, 'reset');
    expect(readAll(watch, 'console', ['systemd[1]: Shutting down.', 'lab login:'])).toEqual([]);
    expect(watch.sawLogin).toBe(false);
    const stages = readAll(watch, 'console', ['[    0.000000] Linux version 6.1.0 (gcc)']);
    expect(stages).toMatchObject([{ kind: 'stage', stage: 'kernel', detail: 'Linux 6.1.0' }]);
  });
});

describe('endings and trouble', () => {
  test('power-off by the guest', () => {
    expect(hearAll(watchGuest(), 'boot-poweroff')).toMatchObject([
      { kind: 'shutdown', by: 'guest', reason: 'guest-shutdown' },
    ]);
  });

  test('the power button, then the guest’s own shutdown', () => {
    expect(hearAll(watchGuest(), 'powerdown').map((event) => event.kind)).toEqual([
      'power-button',
      'shutdown',
    ]);
  });

  test('a full disk, the pause it causes, and going on', () => {
    expect(hearAll(watchGuest(), 'disk-full').slice(0, 3)).toMatchObject([
      { kind: 'disk-full', device: 'disk0' },
      { kind: 'paused' },
      { kind: 'resumed' },
    ]);
  });

  test('another disk error is not a full disk', () => {
    const data = {
      device: 'disk0',
      nospace: false,
      reason: 'Input/output error',
      action: 'report',
    };
    const event = { name: 'BLOCK_IO_ERROR', data, timeMs: 0 };
    expect(watchGuest().handleEvent(event, 7)).toEqual([
      {
        kind: 'disk-error',
        device: 'disk0',
        reason: 'Input/output error',
        stopped: false,
        atMs: 7,
      },
    ]);
  });

  test('a panic is told by the device once', () => {
    const watch = watchGuest();
    const kinds = hearAll(watch, 'panic-paused').map((event) => event.kind);
    expect(kinds).toEqual(['panicked', 'paused']);
    expect(hearAll(watch, 'panic-paused').map((event) => event.kind)).toEqual(['paused']);
  });
});
