import { resolve } from 'node:path';
import type { Config } from '../../config/machine-config.ts';
import type { LifecycleContext, LifecycleOptions } from '../lifecycle-context.ts';
import type { Environment } from '../../environment.ts';
import { runChecks } from '../../host/assess.ts';
import type { CheckResult } from '../../host/check.ts';
import { checks } from '../../host/checks/table.ts';
import type { OtherMachine } from '../../host/lab-facts.ts';
import type { HostFacts } from '../../host/facts/machine-facts.ts';
import { gatherHost } from '../../host/gather/host.ts';
import { decideVerdict } from '../../host/host-report.ts';
import type { HostReport } from '../../host/report-types.ts';
import { openFixture } from '../../host/source/fixture-source.ts';
import { openRealHost } from '../../host/source/real-source.ts';
import type { HostSource } from '../../host/source/host-source.ts';
import { findDoubtful } from '../../host/program-trust.ts';
import { needsOf, type Work } from '../../host/works.ts';
import { gatherLab, type GatheredLab } from '../launch/find-lab-facts.ts';

export interface ExamineOptions {
  /** Ids of the checks that the verdict is about; all when empty. */
  readonly only: ReadonlySet<string>;
  /** What the host is to be good for, other than labs; its checks are among `only`. */
  readonly work: readonly Work[];
  /** Checks that are made though nobody makes them otherwise. */
  readonly alsoMake?: ReadonlySet<string>;
  readonly requireKvm: boolean;
  /** Folder that describes a host; undefined for the real one. Relative to the current folder. */
  readonly root: string | undefined;
}

/** What one look at host and lab came to. */
export interface Examination {
  readonly facts: HostFacts;
  readonly lab: GatheredLab;
  /** Every check, also those that the report leaves out. */
  readonly results: readonly CheckResult[];
  readonly report: HostReport;
}

/** The host that is looked at: this one, or the one that a folder describes. */
export async function openHost(
  { cwd, env, signal, timeoutScale }: LifecycleContext,
  root: string | undefined,
): Promise<HostSource> {
  return root === undefined
    ? openRealHost(env, signal, timeoutScale)
    : await openFixture(resolve(cwd, root));
}

/** The same host, whose QEMU is not run where nobody agreed to run it. */
function guard(source: HostSource, config: Config | undefined, env: Environment): HostSource {
  const may = async (binary: string): Promise<boolean> => {
    const places = config ?? { qemuBuildDir: undefined };
    return (await findDoubtful([binary], places, env)).length === 0;
  };
  return {
    ...source,
    mayRun: may,
    askQemu: async (binary) => ((await may(binary)) ? await source.askQemu(binary) : undefined),
  };
}

/** This user's running machines, asked for only where a process has a port that is wanted. */
async function findHolders(
  { resources: { ports } }: HostFacts,
  { env }: LifecycleContext,
): Promise<readonly OtherMachine[]> {
  const held = ports.some(({ answer }) => answer?.free === false && answer.pid !== undefined);
  if (!held) return [];
  const { addressOf, listMachines } = await import('../../machine/registry.ts');
  const machines = await listMachines(env, process.getuid?.() ?? 0);
  return machines.flatMap((machine): OtherMachine[] => {
    if (machine.running === undefined) return [];
    const stop = ['utopia', '-n', addressOf(machines, machine), 'down'];
    return [{ pid: machine.running.qemu.pid, name: machine.name, stop }];
  });
}

/** Reads all facts anew and runs all checks. Changes nothing. */
export async function examineHost(
  context: LifecycleContext,
  globals: LifecycleOptions,
  { only, work, alsoMake, requireKvm: required, root }: ExamineOptions,
): Promise<Examination> {
  const { signal, timeoutScale } = context;
  const source = await openHost(context, root);
  const lab = await gatherLab(context, globals, root === undefined ? undefined : source.env);
  const { config, overlayFolder } = lab;
  const guarded = root === undefined ? guard(source, config, context.env) : source;
  const asked = new Set([...only, ...(alsoMake ?? [])]);
  const facts = await gatherHost(guarded, {
    ...{ config, overlayFolder, signal, timeoutScale },
    work: needsOf(asked, lab.imageNeeds),
  });
  signal.throwIfAborted();
  const otherMachines = await findHolders(facts, context);
  const wanted = config?.accelerator ?? 'auto';
  const requireKvm = required || wanted === 'kvm';
  const made = checks.filter(({ id, group }) => group !== 'Work' || asked.has(id));
  const results = runChecks(made, { facts, lab: { ...lab, otherMachines }, requireKvm });
  return {
    facts,
    lab,
    results,
    report: decideVerdict(results, { facts, wanted, only, work, requireKvm }),
  };
}
