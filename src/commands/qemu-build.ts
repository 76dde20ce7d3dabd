import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import type { Context, GlobalOptions } from '../context.ts';
import { buildQemu, type QemuEnd } from '../lifecycle/qemu/build-qemu.ts';
import { homeFolder } from '../system/places.ts';
import { describeBuiltQemu, type BuiltQemu } from '../ui/built-qemu.ts';
import { sayWarnings, withoutMore } from './report/build-messages.ts';

export interface QemuBuildOptions {
  /** As typed; relative to the current folder, which it is by default. */
  readonly source: string | undefined;
  readonly prefix: string | undefined;
  readonly output: string | undefined;
  /** How many things make does at a time; undefined: as many as there are processors. */
  readonly jobs: number | undefined;
  readonly with: readonly string[];
  readonly without: readonly string[];
  /** Options for configure as they are. */
  readonly configure: readonly string[];
  readonly replace: boolean;
}

/** `utopia qemu build`: configure, make and install, and a boot with what came out. */
export async function runQemuBuild(
  context: Context,
  globals: GlobalOptions,
  options: QemuBuildOptions,
): Promise<void> {
  const { terminal, cwd, env } = context;
  const { output, prefix } = options;
  const end = await buildQemu(context, globals, {
    source: resolve(cwd, options.source ?? '.'),
    out: output === undefined ? undefined : resolve(cwd, output),
    // Where QEMU is looked for without being named.
    prefix: prefix === undefined ? join(homeFolder(env), 'opt/qemu') : resolve(cwd, prefix),
    jobs: options.jobs ?? availableParallelism(),
    ...{ with: splitNames(options.with), without: splitNames(options.without) },
    ...{ more: options.configure, replace: options.replace },
  });
  if (globals.json) terminal.json(asJson(end));
  else {
    sayWarnings(context, end.summary);
    const places = { cwd, home: homeFolder(env) };
    const built = asBuilt(end);
    const lines = built === undefined ? [] : describeBuiltQemu(built, places, terminal.columns);
    for (const line of lines) terminal.out(line);
  }
  if (end.failure !== undefined) throw end.failure;
}

/** `--with virtfs,slirp --with docs`: three names. */
function splitNames(lists: readonly string[]): readonly string[] {
  return lists.flatMap((list) => list.split(',')).filter((name) => name !== '');
}

function asJson({ tree, prefix, firmware, summary, ms, verdict }: QemuEnd): object {
  return {
    ...{ schema: 1, version: tree.version, prefix },
    binary: verdict?.qemu.binary ?? null,
    features: verdict?.features ?? [],
    missingDevices: verdict?.missingDevices ?? [],
    firmware,
    verified: verdict?.verified ?? null,
    warnings: summary.warnings.map(withoutMore),
    errors: summary.errors.map(withoutMore),
    ms,
  };
}

/** Undefined where none came out. */
function asBuilt(end: QemuEnd): BuiltQemu | undefined {
  const { verdict, prefix, ms, firmware, summary, failure } = end;
  if (verdict === undefined) return undefined;
  const { qemu, features, missingDevices, verified, untried } = verdict;
  return {
    ...{ version: qemu.version, binary: qemu.binary, prefix, ms, features, missingDevices },
    ...{ firmware, warningCount: summary.warningCount, booted: verified === true, untried },
    isUsable: failure === undefined,
  };
}
