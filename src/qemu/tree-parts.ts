import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isReachable } from '../system/look.ts';
import { readRegularText } from '../system/regular-file.ts';
import type { TreeParts } from './qemu-build-needs.ts';
import { firmwareFiles, firmwareFolders } from './firmware.ts';

/** What a tree of QEMU brings along: see TreeParts. `folder` is absolute. */
export async function readTreeParts(folder: string): Promise<TreeParts> {
  const has = async (...names: readonly string[]): Promise<boolean> =>
    (await Promise.all(names.map((name) => isReachable(join(folder, name))))).includes(true);
  const read = async (name: string): Promise<string> =>
    await readRegularText(join(folder, name)).catch(() => '');
  const [configure, mesonBuild, target] = await Promise.all([
    read('configure'),
    read('meson.build'),
    read('configs/targets/x86_64-softmmu.mak'),
  ]);
  const wheels = await readdir(join(folder, 'python/wheels')).catch(() => []);
  const rules = `${configure}\n${mesonBuild}`;
  return {
    meson: mesonBuild !== '',
    ownMeson: (await has('meson/meson.py')) || wheels.some((name) => name.startsWith('meson-')),
    makesVenv: await has('python/scripts/mkvenv.py'),
    // A submodule, later a subproject of meson; before 4.0 a part of QEMU.
    ownSlirp: await has(...['slirp/src/slirp.h', 'slirp/slirp.h', 'subprojects/slirp/src/slirp.h']),
    ownFdt: await has('dtc/libfdt/libfdt.h', 'subprojects/dtc/libfdt/libfdt.h'),
    needsFdt: /^TARGET_NEED_FDT=y/m.test(target),
    virtfsNeeds: /(?:virtfs|VirtFS)[^\n]*requires[^\n]*libcap-ng/.test(rules)
      ? 'libcap-ng'
      : /VirtFS requires[^\n]*libcap\b/.test(rules)
        ? 'libcap'
        : undefined,
  };
}

/** Firmware that neither the tree nor a folder of this host has, and where the host has the rest. */
export interface FirmwarePlaces {
  /** Absolute, in the order in which QEMU is to look; empty where the tree brings all. */
  readonly folders: readonly string[];
  readonly missing: readonly string[];
}

/** Where the machine's firmware is: a release brings it, a distribution's source does not. */
export async function findFirmware(
  folder: string,
  hostFolders: readonly string[] = firmwareFolders,
): Promise<FirmwarePlaces> {
  const own = await Promise.all(
    firmwareFiles.map((name) => isReachable(join(folder, 'pc-bios', name))),
  );
  const lacking = firmwareFiles.filter((_name, at) => own[at] === false);
  if (lacking.length === 0) return { folders: [], missing: [] };
  const folders: string[] = [];
  const found = new Set<string>();
  for (const place of hostFolders) {
    if (!(await isReachable(place))) continue;
    folders.push(place);
    for (const name of lacking) if (await isReachable(join(place, name))) found.add(name);
  }
  return { folders, missing: lacking.filter((name) => !found.has(name)) };
}
