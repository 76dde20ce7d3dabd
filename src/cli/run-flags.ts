import type { BisectWish, RunOptions } from '../lifecycle/several/run-options.ts';
import type { FolderUse } from '../lifecycle/throwaway/guest-command.ts';
import type { KeepWish } from '../lifecycle/throwaway/kept-names.ts';
import { configFlags, type ParsedOptions } from './config-flags.ts';

/** What commander reads of `utopia run`'s options. */
export interface RunFlags extends ParsedOptions {
  readonly timeout?: number;
  readonly rw?: boolean;
  readonly copyIn?: boolean;
  readonly copyOut?: readonly string[];
  readonly keep?: string | true;
  readonly junit?: string;
  readonly yes?: boolean;
  readonly each?: readonly string[];
  readonly jobs?: number;
  readonly commands?: string;
  readonly maxOutput?: number;
  readonly maxCopyOut?: number;
  readonly network?: boolean;
  readonly results?: string;
  readonly resume?: boolean;
  readonly logs?: string;
  readonly maxLog?: number;
  readonly with?: readonly string[];
  readonly shareFolder?: boolean;
  readonly from?: string;
  readonly cold?: boolean;
  readonly bisect?: boolean;
  readonly bootFailureIs?: 'skip' | 'bad';
  readonly output?: string;
  readonly llvm?: boolean;
  readonly ccache?: boolean;
}

/** What a step of git bisect is to do; undefined for any other run. */
export function bisectWish(options: RunFlags): BisectWish | undefined {
  if (options.bisect !== true) return undefined;
  const { bootFailureIs = 'skip', output, llvm, ccache } = options;
  return { bootFailureIs, output, llvm: llvm === true, ccache: ccache === true };
}

/** What the command may do to the folder. */
export function folderUse({ rw, copyIn, copyOut }: RunFlags): FolderUse {
  if (rw === true) return 'write';
  return copyIn === true || copyOut !== undefined ? 'private' : 'read';
}

/** Undefined where the copy is not to stay. */
export function keepWish(keep: string | true | undefined): KeepWish | undefined {
  if (keep === undefined) return undefined;
  return { name: keep === true ? undefined : keep };
}

/** An option that does nothing without another one, in words. */
export function findLonely(options: RunFlags): string | undefined {
  const kernels = typeof options['kernel'] === 'string' && options['kernel'].includes(',');
  const several = options.each !== undefined || options.commands !== undefined || kernels;
  const bisects = options.bisect === true;
  const needs: readonly (readonly [given: boolean, its: boolean, text: string])[] = [
    [options.maxLog !== undefined, options.logs !== undefined, '--max-log goes with --logs'],
    [options.shareFolder === true, options.each !== undefined, '--share-folder goes with --each'],
    [
      options.jobs !== undefined,
      several || bisects,
      '--jobs goes with --each, --commands, several kernels or --bisect',
    ],
    [options.bootFailureIs !== undefined, bisects, '--boot-failure-is goes with --bisect'],
    [options.output !== undefined, bisects, '--output goes with --bisect'],
    [options.llvm === true, bisects, '--llvm goes with --bisect'],
    [options.ccache === true, bisects, '--ccache goes with --bisect'],
    [
      options.maxCopyOut !== undefined,
      options.copyOut !== undefined,
      '--max-copy-out goes with --copy-out',
    ],
  ];
  return needs.find(([given, its]) => given && !its)?.[2];
}

/** `--kernel A,B,C`: one run each; the first stands for all where the machine is looked at. */
export function kernelChoice(
  options: RunFlags,
  cwd: string,
): Pick<RunOptions, 'kernels' | 'flags'> {
  const kernel = options['kernel'];
  if (typeof kernel !== 'string') return { kernels: [], flags: configFlags(options, cwd) };
  const names = kernel.split(',').filter((each) => each !== '');
  const flags = names.map((each) => configFlags({ ...options, kernel: each }, cwd));
  const kernels = flags.flatMap(({ UTOPIA_KERNEL }) => UTOPIA_KERNEL ?? []);
  return { kernels, flags: flags[0] ?? configFlags(options, cwd) };
}
