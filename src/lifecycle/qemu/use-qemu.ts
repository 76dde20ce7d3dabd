import { resolve } from 'node:path';
import type { Config } from '../../config/machine-config.ts';
import type { Environment } from '../../environment.ts';
import { UtopiaError } from '../../errors.ts';
import { isRunnableHere, searchQemu } from '../../host/find-qemu.ts';
import { findDoubtful } from '../../host/program-trust.ts';
import { missingFeatures } from '../../host/qemu-features.ts';
import type { QemuInstallation } from '../../host/qemu-installation.ts';
import { machinePaths } from '../../machine/paths.ts';
import { neededFeatures } from '../../machine/plan.ts';
import { findRunning } from '../../machine/state.ts';
import { isThere } from '../../system/look.ts';
import { quoteForShell } from '../../text/shell-words.ts';
import { suspendedFiles } from '../../vmstate/suspended.ts';
import type { LifecycleContext } from '../lifecycle-context.ts';
import { describeQemu } from './describe-qemu.ts';
import type { ListedQemu } from './list-qemus.ts';
import { runsMachines } from './request.ts';

/** A QEMU that was chosen: what QEMU_BUILD_DIR is to be, and the program that this leads to. */
export interface ChosenQemu {
  /** Absolute. */
  readonly place: string;
  readonly binary: string;
}

/**
 * Which QEMU a word means: one of the list by its name or version, or a prefix, a build tree or the
 * program itself by its path, relative to the current folder. Throws `qemu-missing`.
 */
export async function chooseQemu(
  { cwd, env }: LifecycleContext,
  qemus: readonly ListedQemu[],
  word: string,
): Promise<ChosenQemu> {
  const named = qemus.filter(({ name }) => name === word);
  const [found, ...others] =
    named.length > 0 ? named : qemus.filter(({ version }) => version === word);
  if (found !== undefined && others.length === 0) {
    return { place: found.place, binary: found.path };
  }
  if (found !== undefined) {
    throw new UtopiaError('qemu-missing', `${others.length + 1} QEMUs are of version ${word}.`, {
      details: [found, ...others].map(({ name, path }) => `${name}  ${path}`),
      hint: `Name one of them: utopia qemu use ${quoteForShell(found.name)}`,
    });
  }
  const place = resolve(cwd, word);
  const { binary } = await searchQemu(place, env, isRunnableHere);
  if (binary !== undefined) return { place, binary };
  const names = qemus.map(({ name }) => name);
  throw new UtopiaError('qemu-missing', `There is no QEMU "${word}", nor one in ${place}.`, {
    details: names.length === 0 ? [] : [`There is: ${names.join(', ')}`],
    hint: 'utopia qemu list shows them; utopia qemu build makes one.',
  });
}

/**
 * Asks the chosen one what it is; undefined for one of the lab's folder that nobody agreed to run
 * yet: the next `utopia up` asks. Throws `qemu-unsuitable` for what is no QEMU.
 */
export async function askChosen(
  context: LifecycleContext,
  config: Config,
  { place, binary }: ChosenQemu,
): Promise<QemuInstallation | undefined> {
  const places = { qemuBuildDir: place, folder: config.folder };
  if ((await findDoubtful([binary], places, context.env)).length > 0) return undefined;
  return (await describeQemu(place, context)).qemu;
}

/** What to know before the machine is started with another QEMU, as sentences. */
export async function findTroubles(
  config: Config,
  env: Environment,
  qemu: QemuInstallation | undefined,
): Promise<readonly string[]> {
  const paths = machinePaths(config, env, process.getuid?.() ?? 0);
  const missing = qemu === undefined ? [] : missingFeatures(qemu, neededFeatures);
  const isRunning = (await findRunning(paths)) !== undefined;
  const isSuspended = await isThere(suspendedFiles(config.privateFile).manifest);
  return [
    ...(qemu === undefined ? ['It lies in the lab’s folder: utopia up asks before it runs.'] : []),
    ...(missing.length > 0 ? [`It was built without ${missing.join(', ')}.`] : []),
    ...(qemu === undefined || runsMachines(qemu.version)
      ? []
      : ['utopia starts machines with QEMU 5.2 or newer.']),
    ...(isRunning ? [`${config.name} runs with the other one until it is started again.`] : []),
    ...(isSuspended
      ? [`${config.name} is suspended: its memory is of the QEMU that saved it.`]
      : []),
  ];
}
