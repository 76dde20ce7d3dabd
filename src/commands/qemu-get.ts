import type { Context, GlobalOptions } from '../context.ts';
import { getQemu, readQemuOrigin } from '../lifecycle/qemu/get-qemu.ts';
import type { GotSource } from '../lifecycle/source/fetch-source.ts';
import { reportSource } from './report/report-source.ts';

export interface QemuGetOptions {
  /** A version, a URL, or nothing for the newest stable release. */
  readonly what: string | undefined;
  /** As typed; relative to the current folder. */
  readonly folder: string | undefined;
  readonly from: string | undefined;
  readonly sha256: string | undefined;
}

/** `utopia qemu get`: QEMU's source, its signature looked at, unpacked. */
export async function runQemuGet(
  context: Context,
  globals: GlobalOptions,
  options: QemuGetOptions,
): Promise<void> {
  const origin = readQemuOrigin(options.what, options.from);
  const words = { name: 'QEMU', next: 'utopia qemu build', describeSum };
  await reportSource(context, globals, options, words, async (wanted, display) =>
    getQemu(context, origin, wanted, display),
  );
}

/** QEMU publishes no checksums; who has one from elsewhere compares. */
function describeSum({ sha256, verified }: GotSource): readonly string[] {
  return [verified ? 'its signature is right' : 'not verified', `sha256 ${sha256 ?? ''}`];
}
