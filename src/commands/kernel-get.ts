import type { Context, GlobalOptions } from '../context.ts';
import { findTagsClone, readOrigin, type WantedKernel } from '../lifecycle/kernel/choose-source.ts';
import { getSource } from '../lifecycle/kernel/get-source.ts';
import type { GotSource } from '../lifecycle/source/fetch-source.ts';
import { runGetTag } from './kernel-get/tag.ts';
import { reportSource } from './report/report-source.ts';

export interface KernelGetOptions extends WantedKernel {
  /** As typed; relative to the current folder. */
  readonly folder: string | undefined;
}

/** `utopia kernel get`: a kernel's source, checked and unpacked. */
export async function runKernelGet(
  context: Context,
  globals: GlobalOptions,
  options: KernelGetOptions,
): Promise<void> {
  const clone = await findTagsClone(context, options);
  if (clone !== undefined) {
    await runGetTag(context, globals, options, clone);
    return;
  }
  const origin = readOrigin(options);
  const words = { name: 'Linux', next: 'utopia kernel config', describeSum };
  await reportSource(context, globals, options, words, async (wanted, display) =>
    getSource(context, origin, wanted, display),
  );
}

function describeSum({ sha256, verified, from }: GotSource): readonly string[] {
  if (sha256 === null) return [`of ${from}`];
  return [
    verified
      ? 'its checksum is the one that is listed'
      : `nobody lists its checksum: sha256 ${sha256}`,
  ];
}
