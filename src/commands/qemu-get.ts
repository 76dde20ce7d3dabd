import type { Context, GlobalOptions } from '../context.ts';
import { UtopiaError } from '../errors.ts';
import { parseImageUrl } from '../image/fetch/names.ts';
import { getQemu, type QemuOrigin } from '../lifecycle/qemu/get-qemu.ts';
import { archiveName, type GotSource } from '../lifecycle/source/fetch-source.ts';
import { qemuServer, readQemuVersion } from '../qemu/release.ts';
import { reportSource } from './report/get-source.ts';

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
  const origin = readOrigin(options);
  const words = { name: 'QEMU', next: 'utopia qemu build', describeSum };
  await reportSource(context, globals, options, words, async (wanted, display, describe) =>
    getQemu(context, origin, wanted, display, describe),
  );
}

/** QEMU publishes no checksums; who has one from elsewhere compares. */
function describeSum({ sha256, verified }: GotSource): readonly string[] {
  return [verified ? 'its signature is right' : 'not verified', `sha256 ${sha256 ?? ''}`];
}

function readOrigin({ what, from }: QemuGetOptions): QemuOrigin {
  if (what?.includes('://') === true) {
    const url = parseImageUrl(what);
    if (archiveName.test(url.pathname)) return { kind: 'archive', url };
    throw new UtopiaError('usage', `${what}: not the address of a .tar.xz, .tar.gz or .tar.bz2.`, {
      hint: 'Name a version, or an archive: utopia qemu get https://host/qemu-9.2.0.tar.xz',
    });
  }
  const server = qemuServer(from === undefined ? undefined : parseImageUrl(from));
  if (what === undefined) return { kind: 'release', version: undefined, server };
  const version = readQemuVersion(what);
  if (version !== undefined) return { kind: 'release', version, server };
  throw new UtopiaError('usage', `${what}: no version of a release, and no URL.`, {
    hint: 'utopia qemu get 9.2.0      or the address of an archive',
  });
}
