import { constants } from 'node:fs';
import { copyFile, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { UtopiaError } from '../../errors.ts';
import { buildFiles, kernelFolder, readBuild, type KernelBuild } from '../../kernel/build-store.ts';
import { draftBuild, placeBuild, sideFiles } from '../../kernel/store-build.ts';
import type { ProgressDisplay } from '../../progress-events.ts';
import { writeFileAtomically } from '../../system/atomic-file.ts';
import { saysOutOfRoom } from '../../system/out-of-space.ts';
import { readRegularText } from '../../system/regular-file.ts';
import { countOf, formatBytes } from '../../text/format.ts';
import type { LifecycleContext } from '../lifecycle-context.ts';
import { findProgram } from '../../host/find-program.ts';
import { listBuiltModules, measureTree, modulesImageArgv, modulesKey } from './modules-image.ts';
import { outFiles } from './out-record.ts';
import type { PreparedBuild } from './prepare-build.ts';
import { runMake } from './run-make.ts';
import { readCommit } from './commit.ts';

/** A build in the store, and how many modules it has. */
export interface KeptBuild {
  readonly build: KernelBuild;
  readonly moduleCount: number;
}

/** What else is to be known of a build. */
export interface BuildLabel {
  readonly name: string | undefined;
  readonly fragments: readonly string[];
}

/** Puts what make has built into the store. Throws `kernel-build-failed`, `disk-full`, `interrupted`. */
export async function keepBuild(
  context: LifecycleContext,
  prepared: PreparedBuild,
  label: BuildLabel,
  display: ProgressDisplay,
): Promise<KeptBuild> {
  const { env } = context;
  const { tree, out } = prepared;
  const version = (await readRegularText(join(out, 'include/config/kernel.release'))).trim();
  const name = label.name ?? version;
  const draft = await draftBuild(env, name);
  try {
    const files = [
      [join(out, 'arch/x86/boot/bzImage'), buildFiles.image],
      [join(out, '.config'), buildFiles.config],
      [join(out, 'System.map'), buildFiles.systemMap],
      [join(out, outFiles.log), sideFiles.log],
    ] as const;
    for (const [from, to] of files) {
      await copyFile(from, join(draft, to), constants.COPYFILE_FICLONE);
    }
    const modules =
      prepared.config.options.get('MODULES') === 'y' ? await listBuiltModules(out) : [];
    const key = modules.length === 0 ? undefined : await modulesKey(out, version, modules);
    const keepModules = key !== undefined && key === (await keptKey(context, name));
    if (modules.length > 0 && !keepModules) {
      await packModules(context, prepared, { draft, version, count: modules.length }, display);
      if (key !== undefined) await writeFileAtomically(join(draft, sideFiles.modulesKey), key);
    }
    const record = {
      ...{ name, version, source: tree.source, out, fragments: label.fragments },
      builtAt: context.now().toISOString(),
      commit: (await readCommit(tree.source, env)) ?? null,
    };
    await placeBuild(env, draft, record, { keepModules });
    const build = await readBuild(env, name);
    if (build === undefined) throw new Error(`the build ${name} was placed, and is not there`);
    return { build, moduleCount: modules.length };
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

async function keptKey({ env }: LifecycleContext, name: string): Promise<string | undefined> {
  const build = await readBuild(env, name).catch(() => undefined);
  if (build?.modules === undefined) return undefined;
  return await readRegularText(join(kernelFolder(env), name, sideFiles.modulesKey)).catch(
    () => undefined,
  );
}

/** Installs the modules into a folder of the draft, and makes a file system of them. */
async function packModules(
  context: LifecycleContext,
  prepared: PreparedBuild,
  {
    draft,
    version,
    count,
  }: { readonly draft: string; readonly version: string; readonly count: number },
  display: ProgressDisplay,
): Promise<void> {
  const title = 'modules';
  display.report({ kind: 'started', title });
  const startedAt = performance.now();
  const root = join(draft, 'root');
  const image = join(draft, buildFiles.modules);
  await mkdir(root, { mode: 0o700 });
  const lines: string[] = [];
  const run = async (argv: readonly string[]): Promise<void> => {
    const { env, signal, urgentSignal } = context;
    lines.length = 0;
    const status = await runMake({
      ...{ argv, env, signal, urgentSignal, cwd: prepared.tree.source },
      log: join(draft, sideFiles.log),
      onLine: (line) => {
        lines.push(line);
        if (lines.length > 12) lines.shift();
      },
    });
    if (signal.aborted) {
      throw new UtopiaError(
        'interrupted',
        'Interrupted; the kernel is built, and not in the store yet.',
        {
          hint: 'The same command goes on from there.',
        },
      );
    }
    if (status === 0) return;
    display.report({ kind: 'failed', title });
    const full = lines.some((line) => saysOutOfRoom(line));
    throw new UtopiaError(
      full ? 'disk-full' : 'kernel-build-failed',
      full
        ? `No room for the modules in ${kernelFolder(env)}.`
        : 'The kernel is built; its modules could not be installed.',
      {
        details: lines.map((line) => `| ${line}`),
        hint: full
          ? 'Free some space there: utopia kernel list, utopia kernel remove NAME'
          : 'Mend what it says, then again.',
      },
    );
  };
  const { env } = context;
  const depmod = (await findProgram('depmod', env)) ?? 'depmod';
  const mke2fs = (await findProgram('mke2fs', env)) ?? 'mke2fs';
  const variables = [`INSTALL_MOD_PATH=${root}`, 'INSTALL_MOD_STRIP=1', `DEPMOD=${depmod}`];
  await run(prepared.makeArgv(...variables, 'modules_install'));
  const modules = join(root, 'lib/modules', version);
  const size = await measureTree(modules);
  await run(modulesImageArgv(mke2fs, { tree: modules, image, ...size }));
  await rm(root, { recursive: true, force: true });
  const detail = `${countOf(count, 'module')}, ${formatBytes(size.bytes)}`;
  display.report({ kind: 'finished', title, detail, elapsedMs: performance.now() - startedAt });
}
