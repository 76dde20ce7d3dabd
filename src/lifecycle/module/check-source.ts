import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Environment } from '../../environment.ts';
import { readOsRelease } from '../../host/find-qemu.ts';
import { describeInstall, installCommand } from '../../host/install-packages.ts';
import { isReachable } from '../../system/look.ts';
import type { LifecycleContext } from '../lifecycle-context.ts';
import { findProgram } from '../../host/find-program.ts';
import { runMake } from '../kernel/run-make.ts';
import type { TargetKernel } from './target-kernel.ts';
import type { Diagnostic } from './module-build.ts';

/** Sources that are looked at. */
const mostSources = 200;

/** False where this host has sparse, which `--check` runs; else how it is installed. */
export async function lacksSparse(env: Environment): Promise<string | false> {
  if ((await findProgram('sparse', env)) !== undefined) return false;
  return describeInstall(installCommand(await readOsRelease(), ['sparse']));
}

/**
 * What the kernel's checkpatch.pl says of a module's sources; nothing where the kernel is not one
 * whose source is here, since headers have no checkpatch.
 */
export async function checkStyle(
  { env, signal, urgentSignal }: Pick<LifecycleContext, 'env' | 'signal' | 'urgentSignal'>,
  target: TargetKernel,
  folder: string,
  prefix: readonly string[],
): Promise<readonly Diagnostic[]> {
  const script = target.from === 'build' ? join(target.build.source, 'scripts/checkpatch.pl') : '';
  if (script === '' || !(await isReachable(script))) return [];
  const sources = (await readdir(folder))
    .filter((name) => /\.[ch]$/.test(name) && !name.endsWith('.mod.c'))
    .slice(0, mostSources)
    .map((name) => join(folder, name));
  const found: Diagnostic[] = [];
  await runMake({
    argv: [...prefix, 'perl', script, '--no-tree', '--terse', '--no-summary', '-f', ...sources],
    ...{ env, signal, urgentSignal, cwd: folder, log: undefined },
    onLine: (line) => {
      const diagnostic = readStyleLine(line, folder);
      if (diagnostic !== undefined && found.length < mostSources) found.push(diagnostic);
    },
  });
  return found;
}

/** `/m/hello.c:3: WARNING: Missing a blank line after declarations`. Pure. */
export function readStyleLine(line: string, folder: string): Diagnostic | undefined {
  const [, file = '', at = '', message] =
    /^([^:]{1,1024}):(\d{1,9}): ((?:ERROR|WARNING|CHECK): .+)$/.exec(line) ?? [];
  if (message === undefined) return undefined;
  const name = file.startsWith(`${folder}/`) ? file.slice(folder.length + 1) : file;
  // Style never fails a build.
  const text = `checkpatch: ${message}`;
  return { file: name, line: Number(at), column: null, level: 'warning', message: text };
}
