import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { utopiaArguments } from '../../bench/boot-arguments.ts';
import {
  brokenPromises,
  isConsoleDone,
  promisesOf,
  promisesScript,
  readAnswers,
} from '../../src/guest/judge-boot.ts';
import { freePort, startQemu, waitForBanner, type BootingMachine } from '../support/boot.ts';
import { guestShell, type GuestShell } from '../support/guest-command.ts';
import { testImage } from '../support/image.ts';
import { needsOfHost } from '../support/requirements.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

needsOfHost('qemu', 'image-tools', 'ssh');

interface Guest extends AsyncDisposable {
  readonly machine: BootingMachine;
  readonly shell: GuestShell;
  readonly consoleLog: string;
  readonly share: string;
  readonly monitor: (command: string) => void;
}

/** Boots an overlay over the minimal image, fresh unless it is there, until SSH answers. */
async function bootGuest(folder: string, name: string): Promise<Guest> {
  const overlay = join(folder, `${name}.qcow2`);
  const share = join(folder, 'shared');
  mkdirSync(share, { recursive: true });
  const image = await testImage('minimal');
  if (!existsSync(overlay)) {
    const args = ['create', '-q', '-f', 'qcow2', '-F', 'raw', '-b', image, overlay];
    execFileSync('qemu-img', args);
  }
  const port = await freePort();
  const consoleLog = join(folder, `${name}-${port}.log`);
  const fifo = join(folder, `monitor-${port}`);
  execFileSync('mkfifo', [`${fifo}.in`, `${fifo}.out`]);
  const machine = startQemu([
    ...utopiaArguments(overlay, port, consoleLog),
    ...['-fsdev', `local,id=share0,path=${share},security_model=none`],
    ...['-device', 'virtio-9p-pci,fsdev=share0,mount_tag=shared'],
    ...['-chardev', `pipe,id=monitor0,path=${fifo}`, '-mon', 'chardev=monitor0'],
  ]);
  try {
    await waitForBanner(machine, port);
  } catch (error) {
    await machine.stop();
    throw error;
  }
  return {
    machine,
    shell: guestShell(port, folder, 600_000),
    consoleLog,
    share,
    monitor: (command) => writeFileSync(`${fifo}.in`, `${command}\n`),
    [Symbol.asyncDispose]: () => machine.stop(),
  };
}

test('accounts, share, own host keys, the power button; and again after an update of its initramfs', async () => {
  using folder = temporaryFolder();
  let firstKeys: string[];
  {
    await using guest = await bootGuest(folder.path, 'one');
    const { shell } = guest;
    // The first login, at the first moment: nothing refuses the account until all is up.
    expect(await shell('user', 'sudo -n id -u')).toBe('0');
    expect(await shell('root', 'id -un; hostname; uname -r')).toMatch(
      /^root\nutopia\n6\.1\..*-amd64$/,
    );

    // Nothing has touched the share yet, so it is not mounted and blocks no snapshot.
    expect(await shell('root', 'grep -c "shared 9p" /proc/mounts || true')).toContain('0');
    writeFileSync(join(guest.share, 'Καλημέρα.txt'), 'from the host');
    expect(await shell('user', 'cat shared/Καλημέρα.txt')).toBe('from the host');
    await shell('root', 'echo from the guest > /home/user/shared/reply');
    expect(readFileSync(join(guest.share, 'reply'), 'utf8')).toBe('from the guest\n');

    // Everything that `image build` asks a new image, too.
    const promises = promisesOf('minimal');
    const answers = readAnswers(`\n${await shell('root', promisesScript(promises))}`);
    const consoleText = (): string => readFileSync(guest.consoleLog, 'utf8');
    while (!isConsoleDone(promises, consoleText())) await sleep(200);
    expect(brokenPromises(promises, answers, consoleText())).toEqual([]);
    firstKeys = await identityOf(guest);

    // What apt does for a new kernel.
    await shell('root', 'update-initramfs -u && update-grub && sync');
    const menu = await shell('root', 'cat /boot/grub/grub.cfg');
    expect(menu).toMatch(/linux16\t\/boot\/vmlinuz-6\.1\S+ root=\/dev\/vda1 .*rw/);
    expect(menu).toMatch(/initrd16\t\/boot\/initrd/);
    expect(menu).toContain('keystatus --shift');

    const ended = once(guest.machine.child, 'close');
    guest.monitor('system_powerdown');
    const [status] = (await ended) as [number | null];
    expect(status).toBe(0);
    const log = readFileSync(guest.consoleLog, 'utf8');
    expect(log).toContain('Loading Linux 6.1');
    expect(log).toContain('looking for the root file system');
    expect(log).toContain('Welcome to');
    expect(log).toMatch(/Started .*ssh\.service/);
  }
  {
    await using again = await bootGuest(folder.path, 'one');
    expect(await again.shell('user', 'cat /proc/cmdline')).toContain(
      'BOOT_IMAGE=/boot/vmlinuz-6.1',
    );
    expect(await identityOf(again)).toEqual(firstKeys);
  }
  await using other = await bootGuest(folder.path, 'two');
  const [key, id] = await identityOf(other);
  expect(key).toMatch(/^ssh-ed25519 /);
  expect(key).not.toBe(firstKeys[0]);
  expect(id).not.toBe(firstKeys[1]);
});

/** The guest's host key and machine id, which no two overlays may share. */
async function identityOf(guest: Guest): Promise<string[]> {
  const files = '/etc/ssh/ssh_host_ed25519_key.pub /etc/machine-id';
  return (await guest.shell('root', `cat ${files}`)).split('\n');
}
