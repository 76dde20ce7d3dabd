import { resolve } from 'node:path';
import type { Context, GlobalOptions } from '../context.ts';
import { UtopiaError, type ExitStatus } from '../errors.ts';
import { mostConfigBytes, parseFragment, parseKernelConfig } from '../kernel/config-text.ts';
import { findFragment, namedFragments, type KernelFragment } from '../kernel/fragments.ts';
import { readKernelTree, requireX86, type KernelTree } from '../kernel/tree.ts';
import { readImageKernelConfig } from '../lifecycle/kernel/image-kernel-config.ts';
import type { ConfigBase } from '../lifecycle/kernel/config-base.ts';
import { makeKernelConfig, type MadeConfig } from '../lifecycle/kernel/make-config.ts';
import { requireConfigPrograms } from '../lifecycle/kernel/require-programs.ts';
import { readRegularText, whyUnreadable } from '../system/regular-file.ts';
import { foldFor } from '../ui/lines.ts';
import { listDropped } from '../ui/kernel-config.ts';
import { openProgress } from '../ui/progress.ts';
import { reportVerdict } from './report/kernel-verdict.ts';

export interface KernelConfigOptions {
  /** The tree, as typed. */
  readonly source: string;
  readonly base: string;
  readonly with: readonly string[];
  /** OPTION=VALUE, as typed. */
  readonly set: readonly string[];
  readonly fragments: readonly string[];
  readonly output: string | undefined;
  readonly menu: boolean;
}

/** `utopia kernel config`: a .config that boots in this machine. */
export async function runKernelConfig(
  context: Context,
  globals: GlobalOptions,
  options: KernelConfigOptions,
): Promise<ExitStatus> {
  const { terminal } = context;
  const tree = await readKernelTree(resolve(context.cwd, options.source));
  const out = resolve(context.cwd, options.output ?? options.source);
  const named = options.with.flatMap((text) => text.split(',')).map(readFragmentName);
  const set = options.set.map(readSetting);
  const files = await Promise.all(
    options.fragments.map((path) => readFragmentFile(resolve(context.cwd, path))),
  );
  if (options.menu && !terminal.interactive) {
    throw new UtopiaError('usage', '--menu needs a terminal, and there is none here.', {
      hint: 'Leave --menu out, and name options: --set OPTION=VALUE',
    });
  }
  await requireConfigPrograms(context.env, { menu: options.menu });
  const base = await readBase(context, globals, tree, options.base);
  const progress = await openProgress(terminal, { quiet: globals.quiet || options.menu });
  const title = 'configuration';
  progress.report({ kind: 'started', title });
  let made: MadeConfig;
  const start = performance.now();
  try {
    made = await makeKernelConfig(context, {
      tree,
      out,
      base,
      named,
      files,
      set,
      menu: options.menu,
    });
    const elapsedMs = performance.now() - start;
    progress.report({ kind: 'finished', title, detail: made.file, elapsedMs });
  } finally {
    progress.close();
  }
  if (!globals.quiet) {
    for (const line of sayMade(made)) {
      for (const part of foldFor(terminal.stderr, line, terminal.columns)) terminal.err(part);
    }
  }
  const { file, config } = made;
  return reportVerdict(context, globals, { config, file, version: tree.version, notes: [] });
}

function sayMade({ keptAs, unchanged, dropped, keysLeftOut }: MadeConfig): string[] {
  return [
    ...keysLeftOut.map(
      (path) => `  The certificates ${path}, which the base names, are not in this tree: left out.`,
    ),
    ...(keptAs === undefined ? [] : [`  The .config that was there is ${keptAs} now.`]),
    ...(unchanged ? ['  The .config was the same already.'] : []),
    ...listDropped(dropped),
  ];
}

/** A name of `--with`. */
function readFragmentName(text: string): KernelFragment {
  const fragment = findFragment(text.trim());
  if (fragment !== undefined) return fragment;
  throw new UtopiaError('usage', `--with ${text}: there is no fragment of this name.`, {
    hint: `There are: ${namedFragments.map(({ name }) => name).join(', ')}. A file of your own: --fragment FILE`,
  });
}

/** `OPTION=VALUE` or `CONFIG_OPTION=VALUE`; text gets its quotes. */
export function readSetting(text: string): readonly [string, string] {
  const [, option, value] = /^(?:CONFIG_)?([A-Za-z0-9_]+)=([ -~]*)$/.exec(text) ?? [];
  const wrong = option === undefined || value === undefined;
  if (wrong || value === '') {
    throw new UtopiaError('usage', `--set ${text}: not of the form OPTION=VALUE.`, {
      hint: 'For example: --set KASAN=y --set LOG_BUF_SHIFT=18 --set LOCALVERSION=-mine',
    });
  }
  const plain = /^(?:[ymn]|-?\d+|0[xX][\da-fA-F]+|".*")$/.test(value);
  return [option, plain ? value : `"${value.replaceAll(/(["\\])/g, String.raw`\$1`)}"`];
}

async function readFragmentFile(path: string): Promise<{ path: string; text: string }> {
  const text = await readFileOfUser(path, '--fragment');
  if (parseFragment(text).size > 0) return { path, text };
  throw new UtopiaError('kernel-unsuitable', `--fragment ${path} sets no option.`, {
    hint: 'It has lines such as CONFIG_KASAN=y and # CONFIG_SLUB_STATS is not set.',
  });
}

async function readBase(
  context: Context,
  globals: GlobalOptions,
  tree: KernelTree,
  typed: string,
): Promise<ConfigBase> {
  if (typed === 'defconfig' || typed === 'tiny') return { kind: typed };
  if (typed === 'image') {
    const { image, path, text } = await readImageKernelConfig(context, globals);
    return { kind: 'image', text: checkBase(context, globals, tree, `${path} of ${image}`, text) };
  }
  const path = resolve(context.cwd, typed);
  const text = await readFileOfUser(path, '--base');
  return { kind: 'file', text: checkBase(context, globals, tree, path, text) };
}

/** Throws `kernel-unsuitable` for a base that is none, or is of another architecture. */
function checkBase(
  { terminal }: Context,
  { quiet }: GlobalOptions,
  tree: KernelTree,
  path: string,
  text: string,
): string {
  const config = parseKernelConfig(text);
  if (config === undefined) {
    throw new UtopiaError(
      'kernel-unsuitable',
      `${path} is no kernel configuration: it sets no CONFIG_ option.`,
      {
        hint: 'The base is defconfig, tiny, image, or the file of a .config.',
      },
    );
  }
  requireX86(path, config.architecture);
  if (config.version !== undefined && config.version !== tree.version && !quiet) {
    terminal.err(
      `  ${path} is of Linux ${config.version}; what is new in ${tree.version} gets its default.`,
    );
  }
  return text;
}

async function readFileOfUser(path: string, option: string): Promise<string> {
  try {
    return await readRegularText(path, mostConfigBytes);
  } catch (error) {
    throw new UtopiaError(
      'kernel-unsuitable',
      `${option} ${path} cannot be read: ${whyUnreadable(error)}`,
      {
        hint:
          option === '--base'
            ? 'The base is defconfig, tiny, image, or the file of a .config.'
            : 'Name a file with lines such as CONFIG_KASAN=y.',
        cause: error,
      },
    );
  }
}
