import { describe, expect, it } from 'vitest';
import { redact, type Secrets } from '../../../src/host/redact.ts';

const secrets: Secrets = {
  homes: ['/home/alice', '/srv/people/bob'],
  users: ['alice', 'bob'],
  hosts: ['ananke.cslab.ece.ntua.gr', 'ananke'],
  serials: ['PF3ABC1X', 'ab'],
};

describe('what tells people and machines apart is replaced', () => {
  it.each([
    ['/home/alice/lab/private.qcow2', '~/lab/private.qcow2'],
    ['/home/alice', '~'],
    ['/home/alice2/x', '/home/USER/x'],
    ['/srv/people/bob/x', '/home/USER2/x'],
    ['/media/alice/disk', '/media/USER/disk'],
    ['kvm:x:993:alice,bob', 'kvm:x:993:USER,USER2'],
    ['alice2 is not alice_b', 'alice2 is not alice_b'],
    ['usermod -aG kvm alice', 'usermod -aG kvm USER'],
    ['ananke.cslab.ece.ntua.gr says ananke', 'HOST says HOST'],
    ['board PF3ABC1X, and ab stays', 'board SERIAL, and ab stays'],
    ['4c4c4544-0043-4d10-8051-b7c04f4d3432', 'UUID'],
    ['52:54:00:12:34:56', 'MAC'],
    ['b08dfa6083e7567a1921a715000001fb', 'ID'],
    ['-drive file=x,serial=WX12,if=none', '-drive file=x,serial=REDACTED,if=none'],
    ['-object secret,id=s,password=hunter2', '-object secret,id=s,password=REDACTED'],
  ])('%s', (text, expected) => {
    expect(redact(text, secrets)).toBe(expected);
  });
});

it.each([
  'Groups: 4 24 27 993 1000',
  '/dev/kvm: device 10:232, mode 0660, owner 0, group 993',
  '/proc/sys/kernel/random/boot_id',
  'QEMU emulator version 8.2.2',
  'UTOPIA_SSH_INTERFACE = 127.0.0.1 (default)',
])('%s stays', (text) => {
  expect(redact(text, secrets)).toBe(text);
});

it('root’s home does not take the root file system with it', () => {
  const own = { homes: ['/root'], users: [], hosts: [], serials: [] };
  expect(redact('/root/lab /rootfs /root', own)).toBe('~/lab /rootfs ~');
});
