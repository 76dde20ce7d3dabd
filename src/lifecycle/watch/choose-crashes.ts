import { chooseCrash } from '../../crash/choose-crash.ts';
import type { RepeatedCrash } from '../../crash/crash-report.ts';
import type { LifecycleContext } from '../lifecycle-context.ts';
import type { LocatedMachine } from '../launch/locate.ts';
import type { ReadLog } from './read-crash-logs.ts';
import { hasDevicePanic, silentPanic } from './silent-panic.ts';

/** The crashes of a log, and which of them are wanted. */
export interface ChosenCrashes {
  /** Of the log, and a panic that QEMU's device alone has reported. */
  readonly all: readonly RepeatedCrash[];
  /** Those of the last boot; of a saved log, of the last boot in which something crashed. */
  readonly ofBoot: readonly RepeatedCrash[];
  /** The one that explains that boot. */
  readonly chosen: RepeatedCrash | undefined;
  readonly wanted: readonly RepeatedCrash[];
}

/**
 * Chooses crashes of a log: the latest `latest` of all, or, where it is undefined, the one that
 * explains the last boot. `machine` is the one whose own log it is; undefined for a saved log.
 */
export async function chooseCrashes(
  context: LifecycleContext,
  log: ReadLog,
  machine: LocatedMachine | undefined,
  latest: number | undefined,
): Promise<ChosenCrashes> {
  const all = [...log.crashes];
  if (machine !== undefined && (await hasDevicePanic(context, machine, all))) {
    all.push(silentPanic(all));
  }
  const boot = machine === undefined ? all.at(-1)?.boot : log.boot;
  const ofBoot = log.startsAgo > 0 ? [] : all.filter((crash) => crash.boot === boot);
  const chosen = chooseCrash(ofBoot);
  const explaining = chosen === undefined ? [] : [chosen];
  return { all, ofBoot, chosen, wanted: latest === undefined ? explaining : all.slice(-latest) };
}
