import { dirname } from 'node:path';
import { loadConfig, type ConfigSources } from '../../config/load-config.ts';
import { isKeyName } from '../../config/config-keys.ts';
import { locate, type ConfigReport } from '../../config/config-report.ts';
import type { Config } from '../../config/machine-config.ts';
import type { LifecycleContext, LifecycleOptions } from '../lifecycle-context.ts';
import type { Environment } from '../../environment.ts';
import { UtopiaError } from '../../errors.ts';
import type { ImageFinding, LabFacts } from '../../host/lab-facts.ts';
import { findBackingFile } from '../../image/backing-file.ts';
import { buildNeeds } from '../../image/debian/build-tools.ts';
import { readLocks } from '../../image/file-locks.ts';
import { describeOverlay, type OverlayQuestion } from '../../image/overlay.ts';
import type { BackingFile } from '../../image/image-files.ts';
import { portsOfPlan } from '../../machine/kept-ports.ts';
import { machinePaths } from '../../machine/paths.ts';
import { neededFeatures } from '../../machine/plan.ts';
import { findRunning } from '../../machine/state.ts';
import { homeFolder } from '../../system/places.ts';
import { formatBytes } from '../../text/format.ts';

/** What a QEMU may be built without; a described one need not list what every build has. */
const optionalFeatures = { devices: ['virtio-9p-pci'], netdevs: ['user'] } as const;

/** What the builder of images looks for, as a check looks for it. */
export const imageNeeds: LabFacts['imageNeeds'] = buildNeeds.map((need) =>
  'file' in need
    ? { tool: need.tool, name: "Debian's keyring", sign: { kind: 'file', path: need.file } }
    : {
        tool: need.tool,
        name: need.program,
        sign: { kind: 'program', name: need.program },
        ...(need.rootless === true ? { rootless: true } : {}),
      },
);

export interface GatheredLab extends LabFacts {
  /** Folder of the private file; undefined without a config. */
  readonly overlayFolder: string | undefined;
}

/**
 * Looks at the lab of this folder: its config, images and running machine. Errors
 * of the config are facts here, not a stop. `described` is the environment of a
 * described host, whose keys of utopia.config outrank this process's; undefined for
 * the real one.
 */
export async function gatherLab(
  context: LifecycleContext,
  globals: LifecycleOptions,
  described: Environment | undefined,
): Promise<GatheredLab> {
  const keys = Object.entries(described ?? {}).filter(([name]) => isKeyName(name));
  const sources = {
    cwd: context.cwd,
    file: globals.config,
    machineFile: globals.machine?.file,
    env: { ...context.env, ...Object.fromEntries(keys) },
    home: homeFolder(context.env),
  };
  const locks = readLocks();
  const report = await loadConfig(sources);
  const config = report.config ?? (await withRefusedPort(sources, report));
  const common = {
    config,
    configErrors: report.errors.map((problem) => `${locate(report, problem)}${problem.message}`),
    configLabel: report.label,
    needed: described === undefined ? neededFeatures : optionalFeatures,
    imageNeeds,
  };
  if (config === undefined) {
    const waiting = { kind: 'skipped', because: 'lab.config' } as const;
    return {
      ...common,
      backing: waiting,
      overlay: waiting,
      ownPorts: [],
      otherMachines: [],
      overlayFolder: undefined,
    };
  }
  const { ownPorts, running } = await findOwnMachine(config, context);
  return {
    ...common,
    ...(await lookAtImages(config, context, { running, locks })),
    // Where another host is described, what listens there is not this lab's machine.
    ownPorts: described === undefined ? ownPorts : [],
    otherMachines: [],
    overlayFolder: dirname(config.privateFile),
  };
}

/**
 * A privileged port is the one error of a config that is about the host: everything
 * else can be looked at all the same, and net.ports names a port that is free.
 */
async function withRefusedPort(
  sources: ConfigSources,
  { errors, values }: ConfigReport,
): Promise<Config | undefined> {
  const sshPort = Number(values.UTOPIA_SSH_PORT.value);
  const privileged = Number.isInteger(sshPort) && sshPort > 0 && sshPort < 1024;
  if (!privileged || errors.some(({ key }) => key !== 'UTOPIA_SSH_PORT')) return undefined;
  const { config } = await loadConfig({ ...sources, flags: { UTOPIA_SSH_PORT: 'auto' } });
  return config === undefined ? undefined : { ...config, sshPort };
}

async function findOwnMachine(
  config: Config,
  context: LifecycleContext,
): Promise<{ readonly running: boolean; readonly ownPorts: readonly number[] }> {
  const paths = machinePaths(config, context.env, process.getuid?.() ?? 0);
  const running = await findRunning(paths);
  const plan = running?.state?.plan;
  if (plan === undefined) return { running: running !== undefined, ownPorts: [] };
  return { running: true, ownPorts: portsOfPlan(plan) };
}

type OverlayUse = Pick<OverlayQuestion, 'running' | 'locks'>;

async function lookAtImages(
  config: Config,
  { env }: LifecycleContext,
  use: OverlayUse,
): Promise<Pick<LabFacts, 'backing' | 'overlay'>> {
  let backing: BackingFile | undefined;
  try {
    backing = await findBackingFile({ config, env });
  } catch (error) {
    const overlay = { kind: 'skipped', because: 'image.backing' } as const;
    return { backing: refusal(error), overlay };
  }
  if (backing === undefined) {
    return {
      backing: { kind: 'absent', message: 'no image yet: utopia up offers to build one' },
      overlay: { kind: 'absent', message: 'made with the first start' },
    };
  }
  const found: ImageFinding = {
    kind: 'good',
    path: backing.path,
    message: `${backing.path} (${backing.format})`,
    warnings: [],
  };
  return { backing: found, overlay: await lookAtOverlay(config, backing, use) };
}

async function lookAtOverlay(
  config: Config,
  backing: BackingFile,
  use: OverlayUse,
): Promise<ImageFinding> {
  try {
    const overlay = await describeOverlay({ config, backing, ...use });
    if (!overlay.exists) return { kind: 'absent', message: 'made with the first start' };
    const size = formatBytes(overlay.allocatedBytes);
    return {
      kind: 'good',
      path: overlay.path,
      message: `${overlay.path} (${size} of yours)`,
      warnings: overlay.warnings,
    };
  } catch (error) {
    return refusal(error);
  }
}

function refusal(error: unknown): ImageFinding {
  if (!(error instanceof UtopiaError)) throw error;
  const { code, message, details, hint } = error;
  return { kind: 'refused', code, message, details, hint };
}
