import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LifecycleContext, LifecycleOptions } from '../lifecycle-context.ts';
import { UtopiaError } from '../../errors.ts';
import { verificationDisk, type BootPromise } from '../../guest/boot-promises.ts';
import {
  brokenPromises,
  isConsoleDone,
  promisesOf,
  promisesScript,
  readAnswers,
  type BrokenPromise,
} from '../../guest/judge-boot.ts';
import { readTail } from '../../guest/file-tail.ts';
import { runInGuest } from '../../guest/ssh.ts';
import { quoteWord } from '../../guest/ssh-argv.ts';
import type { Verification } from '../../image/debian/place.ts';
import type { ImageProfile } from '../../image/debian/profile.ts';
import type { ProgressDisplay } from '../../progress-events.ts';
import { locateMachine } from '../launch/locate.ts';
import { openThrowaway, type ThrowawayMachine } from './copy-folder.ts';
import { planCopy } from './launch-copy.ts';
import { imageSource } from './copy-source.ts';
import { bootColdCopy, useBootedCopy, type BootedCopy } from './booted-copy.ts';
import { stopRunning } from '../watch/stop-escalation.ts';
import { findSuitableQemu } from '../launch/prepare.ts';

/** A limit against a guest that never answers; the two longest questions have their own, of 20 minutes each. */
const answersMs = 2_700_000;
/** The console's login may come that much after systemd's last job, on a busy host. */
const consoleMs = 300_000;
/** From the power button to QEMU's end: systemd gives each unit 90 s, and several may use them. */
const powerDownMs = 300_000;
const lookMs = 200;
/** A boot's console has 20 KB. */
const consoleBytes = 1024 * 1024;
/** The additional disk's size: any will do. */
const diskBytes = 1024 * 1024;

/** Troubles that are the image's own; any other means that it could not be booted here. */
const imageFaults: ReadonlySet<string> = new Set([
  'boot-failed',
  'ssh-unavailable',
  'guest-refused',
  'guest-lost',
]);

/**
 * Boots a new image, which nobody writes to, over an overlay that is thrown away, with the
 * QEMU and the size of this folder's machine, and asks its guest for all that `bootPromises`
 * lists. Never throws for what is wrong with the image, or missing on this host: that is said,
 * and the answer.
 */
export async function verifyImage(
  context: LifecycleContext,
  globals: LifecycleOptions,
  image: { readonly path: string; readonly profile: ImageProfile },
  progress: ProgressDisplay,
): Promise<Verification> {
  const title = 'first boot';
  const start = performance.now();
  progress.report({ kind: 'started', title });
  const promises = promisesOf(image.profile);
  try {
    const broken = await askGuest(context, { ...globals, quiet: true }, image.path, promises);
    if (broken.length > 0) {
      progress.report({ kind: 'failed', title });
      return failed('The image was built, but does not boot right.', broken.flatMap(describe));
    }
    progress.report({
      ...{ kind: 'finished', title, elapsedMs: performance.now() - start },
      detail: `right in all ${promises.length} points`,
    });
    return { kind: 'passed' };
  } catch (error) {
    if (context.signal.aborted || !(error instanceof UtopiaError)) {
      const detail = context.signal.aborted ? { detail: 'interrupted' } : {};
      progress.report({ kind: 'failed', title, ...detail });
      throw error;
    }
    if (imageFaults.has(error.code)) {
      progress.report({ kind: 'failed', title });
      const { message, details } = error;
      return failed('The image was built, but does not come up.', [message, ...details]);
    }
    progress.report({ kind: 'warned', title, detail: `not tried: ${error.message}` });
    return { kind: 'unknown' };
  }
}

function failed(message: string, details: readonly string[]): Verification {
  return { kind: 'failed', message, details };
}

function describe({ promise, seen }: BrokenPromise): string[] {
  return [
    `✗ ${promise.promise} (${promise.id})`,
    ...seen.split('\n').map((line) => `  | ${line}`),
    `  ${promise.next}`,
  ];
}

async function askGuest(
  context: LifecycleContext,
  globals: LifecycleOptions,
  path: string,
  promises: readonly BootPromise[],
): Promise<readonly BrokenPromise[]> {
  const found = await locateMachine(context, globals);
  // The image alone is tried: arguments, kernel and disks of this folder are not its own.
  const located = {
    ...found,
    config: { ...found.config, extraArgs: [], disks: [], kernel: undefined },
  };
  const qemu = await findSuitableQemu(context, located, []);
  const opened = await openThrowaway(context, located, { network: 'none', onCrash: 'report' });
  try {
    const disk = await makeDisk(opened);
    const copy = { ...opened, config: { ...opened.config, disks: [disk] } };
    const backing = { path, format: 'raw', origin: 'config' } as const;
    const planned = await planCopy(context, copy, { qemu, backing }, false);
    const booted = await bootColdCopy(context, globals, copy, {
      planned,
      source: imageSource(backing),
    });
    return await judge(context, copy, booted, promises);
  } finally {
    await opened.discard();
  }
}

async function makeDisk({ paths }: ThrowawayMachine) {
  const path = join(paths.stateDir, 'verify.img');
  const file = await open(path, 'wx', 0o600);
  try {
    await file.truncate(diskBytes);
  } finally {
    await file.close();
  }
  return { path, mode: 'ro', name: verificationDisk } as const;
}

async function judge(
  context: LifecycleContext,
  copy: ThrowawayMachine,
  booted: BootedCopy,
  promises: readonly BootPromise[],
): Promise<readonly BrokenPromise[]> {
  const { launched, access } = booted;
  const { signal } = context;
  const doing = 'it was asked whether it boots right';
  return await useBootedCopy(context, copy, booted, doing, async (watch) => {
    const command = `exec sh -c ${quoteWord(promisesScript(promises))}`;
    const asked = runInGuest(access, command, { timeoutMs: answersMs });
    const { stdout } = await Promise.race([asked, watch.lost]);
    const consoleText = await awaitConsole(copy, promises, signal);
    const broken = brokenPromises(promises, readAnswers(`\n${stdout}`), consoleText);
    watch.stop();
    const running = { qemu: launched.started.identity, state: undefined };
    const step = await stopRunning(running, copy.paths, { powerDownMs, hurry: signal });
    signal.throwIfAborted();
    if (step === 'powered-down' || step === 'gone') return broken;
    const button = promises.filter((each) => each.id === 'power-button');
    const seen = 'It was pressed, and the guest did not power off.';
    return [...broken, ...button.map((promise) => ({ promise, seen }))];
  });
}

/** The console's text, as soon as all is there that is to come, or when it has been waited for long enough. */
async function awaitConsole(
  { paths }: ThrowawayMachine,
  promises: readonly BootPromise[],
  signal: AbortSignal,
): Promise<string> {
  const until = performance.now() + consoleMs;
  for (;;) {
    const { bytes } = (await readTail(paths.consoleLog, consoleBytes)) ?? {
      bytes: Buffer.alloc(0),
    };
    const text = bytes.toString('utf8');
    if (isConsoleDone(promises, text) || performance.now() > until) return text;
    await sleep(lookMs, undefined, { signal });
  }
}
