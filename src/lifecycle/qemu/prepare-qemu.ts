import { join } from 'node:path';
import { UtopiaError } from '../../errors.ts';
import { isRunnableHere, readOsRelease } from '../../host/find-qemu.ts';
import { findProgram } from '../../host/find-program.ts';
import { describeInstall, installCommand } from '../../host/install-packages.ts';
import { askTools } from '../../host/source/ask-tools.ts';
import { configureNeeds, qemuNeeds, type TreeParts } from '../../qemu/qemu-build-needs.ts';
import { chooseOptions, usualFeatures } from '../../qemu/configure-options.ts';
import { findFirmware, readTreeParts } from '../../qemu/tree-parts.ts';
import { readQemuTree, type QemuTree } from '../../qemu/qemu-tree.ts';
import type { LifecycleContext } from '../lifecycle-context.ts';
import { requireOnHost } from '../kernel/host-needs.ts';
import { lockOut } from '../kernel/out-record.ts';
import { checkRoom, makeOut, refuseBlank, refuseOtherUse, requirePrefix } from './check-places.ts';
import { askConfigureHelp } from './configure-qemu.ts';
import { runsMachines, type PreparedQemu, type QemuRequest } from './request.ts';

/**
 * Looks at source, prefix and host before anything is made. Throws `source-unsuitable`,
 * `cannot-create`, `file-exists`, `program-missing`, `disk-full`, `qemu-busy`, and `usage` for a
 * feature that this version does not know.
 */
export async function prepareQemu(
  context: LifecycleContext,
  request: QemuRequest,
): Promise<PreparedQemu> {
  const { env, signal } = context;
  const tree = await readQemuTree(request.source);
  const out = request.out ?? join(tree.folder, 'build');
  const { prefix, jobs } = request;
  for (const folder of [tree.folder, out, prefix]) refuseBlank(folder);
  await refuseOtherUse(tree, out);
  await requirePrefix(request, tree, context);
  await requireOnHost(
    { work: 'Building QEMU', needs: configureNeeds(), compiler: 'gcc' },
    env,
    signal,
  );
  const help = await askConfigureHelp(context, tree);
  const [parts, firmware] = await Promise.all([
    readTreeParts(tree.folder),
    findFirmware(tree.folder),
  ]);
  const python = await choosePython(parts, context);
  const options = chooseOptions(help, {
    ...{ prefix, python, firmware: firmware.folders, more: request.more },
    ...{ with: request.with, without: request.without },
  });
  refuseUnknown(tree, options.unknown, help.features);
  const features = [...usualFeatures, ...request.with].filter(
    (name) => ![...request.without, ...options.lacking].includes(name),
  );
  const needs = qemuNeeds(parts, new Set(features));
  await requireOnHost({ work: 'Building this QEMU', needs, compiler: 'gcc' }, env, signal);
  const room = await checkRoom(tree, out, prefix);
  await makeOut(out, tree);
  const lock = await lockOut(out, 'qemu-busy');
  return {
    ...{ tree, out, prefix, jobs, configureWords: options.words, firmware: firmware.folders },
    warnings: [
      ...(runsMachines(tree.version)
        ? []
        : [`utopia starts machines with QEMU 5.2 or newer, and this is ${tree.version}.`]),
      ...options.lacking.map((name) => `QEMU ${tree.version} does not offer ${name}.`),
      ...(await describeFirmware(firmware.missing)),
      ...room,
    ],
    [Symbol.asyncDispose]: async () => await lock.close(),
  };
}

/**
 * A Python that has meson where the tree brings none: the one in PATH (pyenv, conda) may be another
 * than the distribution's, whose packages it does not see.
 */
async function choosePython(
  { makesVenv, ownMeson }: TreeParts,
  { env, signal }: LifecycleContext,
): Promise<string | undefined> {
  if (!makesVenv || ownMeson || env['PYTHON'] !== undefined) return undefined;
  const sign = { kind: 'python-module', name: 'mesonbuild' } as const;
  if ((await askTools(sign, signal, env)) === true) return undefined;
  const system = '/usr/bin/python3';
  const isOther = (await findProgram('python3', env)) !== system && (await isRunnableHere(system));
  return isOther ? system : undefined;
}

function refuseUnknown(
  { version }: QemuTree,
  [unknown]: readonly string[],
  features: ReadonlySet<string>,
): void {
  if (unknown === undefined) return;
  const alike = [...features].filter((name) => name.includes(unknown) || unknown.includes(name));
  throw new UtopiaError('usage', `QEMU ${version} has no feature "${unknown}".`, {
    hint:
      alike.length > 0
        ? `It has: ${alike.slice(0, 8).join(', ')}`
        : 'The list is at the end of: ./configure --help',
  });
}

async function describeFirmware(missing: readonly string[]): Promise<readonly string[]> {
  if (missing.length === 0) return [];
  const install = describeInstall(installCommand(await readOsRelease(), ['firmware']));
  return [
    `Neither source nor host has the firmware ${missing.join(', ')}: no machine starts without.\n${install}`,
  ];
}
