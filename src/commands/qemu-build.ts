import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import type { Context, GlobalOptions } from '../context.ts';
import { buildQemu, type QemuEnd } from '../lifecycle/qemu/build-qemu.ts';
import { homeFolder } from '../system/places.ts';
import { formatDuration } from '../text/format.ts';
import { quoteForShell } from '../text/shell-words.ts';
import { shortenPath } from '../text/shorten-path.ts';
import { wrapText } from '../ui/lines.ts';
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
    sayBuilt(context, end);
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

/** What a machine of utopia's is better with; said where it is not there. */
const usual = ['virtfs', 'slirp', 'vnc', 'kvm'] as const;

/** What there is now, and what to do with it. */
function sayBuilt({ terminal, cwd, env }: Context, end: QemuEnd): void {
  const { verdict, summary, ms, prefix, firmware } = end;
  if (verdict === undefined) return;
  const { qemu, features, missingDevices, verified, untried } = verdict;
  const home = homeFolder(env);
  const row = (name: string, text: string): void => {
    const [first = '', ...rest] = wrapText(text, terminal.columns - rowIndent);
    terminal.out(`  ${name.padEnd(rowIndent - 2)}${first}`);
    for (const line of rest) terminal.out(`${' '.repeat(rowIndent)}${line}`);
  };
  terminal.out(`QEMU ${qemu.version} in ${formatDuration(ms)}: ${features.join(', ')}`);
  const lacking = [...usual.filter((name) => !features.includes(name)), ...missingDevices];
  if (lacking.length > 0) row('without', lacking.join(', '));
  row('binary', shortenPath(qemu.binary, cwd, home));
  if (firmware.length > 0) row('firmware', `of this host: ${firmware.join(', ')}`);
  if (summary.warningCount > 0) row('warnings', String(summary.warningCount));
  if (verified === true) row('tried', 'a machine boots with it');
  if (untried !== undefined) row('tried', `a guest of seven bytes alone: ${untried}`);
  if (end.failure !== undefined) return;
  row('next', `utopia qemu use ${quoteForShell(shortenPath(prefix, cwd, home))}`);
}

/** Where the text of a row begins. */
const rowIndent = 12;
