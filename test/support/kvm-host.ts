import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { freePort, startQemu, waitForBanner } from './boot.ts';
import { logIn, type GuestShell } from './guest-shell.ts';
import { kvmHostImage } from './image.ts';
import { packProgram } from './program.ts';
import { temporaryFolder } from './temporary-folder.ts';
import { takeTinyLinux } from './tiny-linux.ts';

/** A Debian that may be broken, in which real KVM works, with Node and the packed `utopia`. */
export interface KvmHost extends AsyncDisposable {
  /** The port of this host that its SSH is forwarded to. */
  readonly port: number;
  /** Logs in anew: with the groups that the user has now. */
  logIn(user: 'root' | 'user'): Promise<GuestShell>;
}

/** Where the guest sees the folder with Node, the packed program and the tiny Linux. */
export const sharedFolder = '/home/user/shared';

export interface KvmHostOptions {
  /** Default: 2048. */
  readonly memoryMiB?: number;
  /** Fills the shared folder with what a test needs besides. */
  readonly fill?: (share: string) => void;
}

/**
 * Boots one: one to four minutes, plus the image when it is not built yet. The disk's
 * changes go with the machine.
 */
export async function bootKvmHost({
  memoryMiB = 2_048,
  fill,
}: KvmHostOptions = {}): Promise<KvmHost> {
  const temporary = temporaryFolder();
  try {
    const folder = temporary.path;
    const overlay = join(folder, 'overlay.qcow2');
    const image = await kvmHostImage();
    execFileSync('qemu-img', [
      ...['create', '-q', '-f', 'qcow2', '-b', image, '-F', 'raw', overlay],
    ]);
    const share = join(folder, 'share');
    mkdirSync(share);
    takeTinyLinux(image, share);
    copyFileSync(
      join(import.meta.dirname, '../../scripts/kvm-verdicts.sh'),
      join(share, 'kvm-verdicts.sh'),
    );
    copyFileSync(process.env['UTOPIA_TEST_NODE'] ?? process.execPath, join(share, 'node'));
    renameSync(packProgram(folder), join(share, 'utopia.tgz'));
    fill?.(share);
    const port = await freePort();
    const machine = startQemu(kvmHostArguments({ overlay, share, port, memoryMiB }));
    try {
      await waitForBanner(machine, port, 900_000);
      const access = { port, folder };
      await using root = await logIn(access, 'root');
      const installed = await root.run(install);
      if (installed.status !== 0) throw new Error(installed.stderr);
      machine.child.once('exit', tellReset);
      return {
        port,
        logIn: async (user) => await logIn(access, user),
        [Symbol.asyncDispose]: async () => {
          machine.child.off('exit', tellReset);
          await machine.stop();
          temporary[Symbol.dispose]();
        },
      };
    } catch (error) {
      await machine.stop();
      throw error;
    }
  } catch (error) {
    temporary[Symbol.dispose]();
    throw error;
  }
}

function tellReset(): void {
  console.error('The host with KVM has reset itself, and is gone.');
}

/** QEMU's emulated processor `max` has AMD-V; two processors and memory for a QEMU inside. */
function kvmHostArguments(of: {
  overlay: string;
  share: string;
  port: number;
  memoryMiB: number;
}): string[] {
  return [
    ...['-nodefaults', '-no-user-config', '-display', 'none', '-vga', 'std', '-machine', 'pc'],
    ...['-accel', 'tcg', '-cpu', 'max', '-smp', '2', '-m', String(of.memoryMiB)],
    // Its AMD-V is emulated, and now and then resets it: then the test shall end, not wait for it.
    '-no-reboot',
    ...['-drive', `if=none,id=disk0,file=${of.overlay},format=qcow2,cache=unsafe`],
    ...['-device', 'virtio-blk-pci,drive=disk0'],
    ...['-netdev', `user,id=net0,hostfwd=tcp:127.0.0.1:${of.port}-:22`],
    ...['-device', 'virtio-net-pci,netdev=net0,romfile='],
    ...['-fsdev', `local,id=share0,path=${of.share},security_model=none,readonly=on`],
    ...['-device', 'virtio-9p-pci,fsdev=share0,mount_tag=shared'],
    ...['-device', 'virtio-rng-pci'],
  ];
}

const install = `set -e
cd ${sharedFolder}
cp node /usr/local/bin/node
mkdir -p /usr/local/lib/utopia
tar -xzf utopia.tgz -C /usr/local/lib/utopia --strip-components=1
ln -s /usr/local/lib/utopia/bin/utopia.js /usr/local/bin/utopia
systemctl is-system-running --wait || true
`;
