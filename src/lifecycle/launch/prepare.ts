import { stat } from 'node:fs/promises';
import type { LifecycleContext } from '../lifecycle-context.ts';
import { UtopiaError } from '../../errors.ts';
import { refuseMissingDevices } from '../../host/asked-devices.ts';
import { chooseAcceleration } from '../../host/acceleration.ts';
import { findQemu, missingFeatures } from '../../host/qemu-features.ts';
import type { Acceleration, QemuInstallation } from '../../host/qemu-installation.ts';
import { findBackingFile } from '../../image/backing-file.ts';
import type { BackingFile } from '../../image/image-files.ts';
import { neededFeatures, planMachine, type MachinePlan } from '../../machine/plan.ts';
import { agreeToArguments } from './agree-to-arguments.ts';
import { agreeToQemu } from './agree-to-program.ts';
import { findKernel } from './find-kernel.ts';
import type { LocatedMachine } from './locate.ts';
import { choosePorts, type PortOptions } from './choose-ports.ts';
import { planDisks } from './renew-disks.ts';
import { describeUnmade } from '../../system/out-of-space.ts';
import { makeFolder } from '../../system/make-folder.ts';

/** What must be there before anything is chosen. */
export interface MachineParts {
  readonly qemu: QemuInstallation;
  readonly backing: BackingFile;
}

/** A machine that can be started as soon as its overlay stands. */
export interface PreparedMachine extends MachineParts {
  readonly acceleration: Acceleration;
  readonly plan: MachinePlan;
}

/**
 * What a machine needs besides QEMU and its backing file; makes nothing but, with `reserve`,
 * the note about the ports that `auto` has chosen. The ports of a machine that is
 * `running` are its own, and not looked at.
 */
export async function prepareMachine(
  context: LifecycleContext,
  located: LocatedMachine,
  { qemu, backing }: MachineParts,
  commandLineArgs: readonly string[],
  options: PortOptions = { running: false, reserve: true },
): Promise<PreparedMachine> {
  const { config, paths } = located;
  const { env, signal, timeoutScale } = context;
  const disks = await planDisks(located, backing, options.running);
  const kernel = await findKernel(context, config, backing);
  const [acceleration, ports] = await Promise.all([
    chooseAcceleration(config, qemu, env, signal, timeoutScale),
    choosePorts(context, located, options),
  ]);
  const plan = planMachine({
    ...{ config, paths, qemu, acceleration, ...ports },
    ...{ disks, kernel, commandLineArgs },
  });
  return { qemu, acceleration, backing, plan };
}

/**
 * Throws `qemu-missing`, or `qemu-unsuitable` where a part of the machine, or a
 * device that the user's own arguments ask for, was not built in, and `consent-needed`
 * for one of the lab's folder, or arguments of its file, that nobody agreed to; `none` asks nobody.
 */
export async function findSuitableQemu(
  context: LifecycleContext,
  { config }: LocatedMachine,
  commandLineArgs: readonly string[],
  consent: 'ask' | 'yes' | 'none' = 'ask',
): Promise<QemuInstallation> {
  if (consent !== 'none') {
    await agreeToQemu(context, config, consent === 'yes');
    await agreeToArguments(context, config, consent === 'yes');
  }

  const qemu = await findQemu(config, context.env, context.signal, context.timeoutScale);
  const missing = missingFeatures(qemu, neededFeatures);
  if (missing.length === 0) {
    refuseMissingDevices(qemu, config.extraArgs, 'UTOPIA_EXTRA_ARGS');
    refuseMissingDevices(qemu, commandLineArgs, 'The command line');
    return qemu;
  }
  throw new UtopiaError(
    'qemu-unsuitable',
    `${qemu.binary} (${qemu.version}) was built without ${missing.join(', ')}.`,
    {
      details: [
        'The share needs 9p (configure --enable-virtfs), the network needs slirp (--enable-slirp).',
      ],
      hint: 'Build it again with these (utopia qemu build), or choose another: utopia qemu use distribution',
    },
  );
}

/** The image of this machine, or a stop that says how to get one. */
export async function requireBackingFile(
  context: LifecycleContext,
  located: LocatedMachine,
): Promise<BackingFile> {
  const backing = await findBackingFile({ config: located.config, env: context.env });
  if (backing !== undefined) return backing;
  throw new UtopiaError('image-missing', 'There is no image to start from yet.', {
    hint: 'utopia image build (a few minutes), or utopia up --yes to do both.',
  });
}

/** Makes the shared folder, the user's alone, when it is missing. Throws `cannot-create` where a file is in its place. */
export async function prepareShare(sharedDir: string): Promise<void> {
  try {
    await makeFolder(sharedDir, { mode: 0o700 });
    if ((await stat(sharedDir)).isDirectory()) return;
  } catch (error) {
    throw describeUnmade(
      `SHARED_FS_DIR=${sharedDir} cannot be made`,
      sharedDir,
      error,
      'Name another folder in SHARED_FS_DIR, or make this one writable.',
    );
  }
}
