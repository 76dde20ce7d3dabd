import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { utopiaArguments } from '../../bench/boot-arguments.ts';
import { verificationDisk } from '../../src/guest/boot-promises.ts';
import {
  brokenPromises,
  isConsoleDone,
  promisesOf,
  promisesScript,
  readAnswers,
  type BrokenPromise,
} from '../../src/guest/judge-boot.ts';
import type { ImageProfile } from '../../src/image/debian/profile.ts';
import { freePort, startQemu, waitForBanner, type BootMeasurement } from './boot.ts';
import { guestShell } from './guest-command.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** What a cold boot of an image came to. */
export interface RightBoot {
  readonly broken: readonly BrokenPromise[];
  readonly banner: BootMeasurement;
  /** Status of QEMU after the power button. */
  readonly ended: number | null;
}

/** Against a hang; nothing is judged by it. */
const bannerMs = 1_500_000;

/**
 * Boots a fresh overlay of an image as `utopia up` does, asks everything of `bootPromises`, and
 * presses the power button. Waits as long as it takes: a test's own time-out ends it.
 */
export async function bootAndAsk(image: string, profile: ImageProfile): Promise<RightBoot> {
  using folder = temporaryFolder();
  const overlay = join(folder.path, 'disk.qcow2');
  execFileSync('qemu-img', ['create', '-q', '-f', 'qcow2', '-F', 'raw', '-b', image, overlay]);
  const share = join(folder.path, 'shared');
  mkdirSync(share);
  const extra = join(folder.path, 'extra.img');
  writeFileSync(extra, '');
  truncateSync(extra, 1024 * 1024);
  const port = await freePort();
  const consoleLog = join(folder.path, 'console.log');
  const fifo = join(folder.path, 'monitor');
  execFileSync('mkfifo', [`${fifo}.in`, `${fifo}.out`]);
  const machine = startQemu([
    ...utopiaArguments(overlay, port, consoleLog),
    ...['-fsdev', `local,id=share0,path=${share},security_model=none`],
    ...['-device', 'virtio-9p-pci,fsdev=share0,mount_tag=shared'],
    ...['-drive', `file=${extra},if=none,id=disk1,format=raw,read-only=on`],
    ...['-device', `virtio-blk-pci,drive=disk1,serial=${verificationDisk}`],
    ...['-chardev', `pipe,id=monitor0,path=${fifo}`, '-mon', 'chardev=monitor0'],
  ]);
  try {
    const banner = await waitForBanner(machine, port, bannerMs);
    const promises = promisesOf(profile);
    const shell = guestShell(port, folder.path, 1_500_000);
    const answers = readAnswers(`\n${await shell('root', promisesScript(promises))}`);
    const consoleText = (): string => readFileSync(consoleLog, 'utf8');
    const until = performance.now() + 300_000;
    while (!isConsoleDone(promises, consoleText()) && performance.now() < until) await sleep(200);
    const broken = brokenPromises(promises, answers, consoleText());
    const ended = once(machine.child, 'close');
    writeFileSync(`${fifo}.in`, 'system_powerdown\n');
    const [status] = (await ended) as [number | null];
    return { broken, banner, ended: status };
  } finally {
    await machine.stop();
  }
}
