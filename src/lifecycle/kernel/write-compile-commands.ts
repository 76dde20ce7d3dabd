import { join } from 'node:path';
import type { ProgressDisplay } from '../../progress-events.ts';
import { isReachable } from '../../system/look.ts';
import type { LifecycleContext } from '../lifecycle-context.ts';
import { findProgram } from '../../host/find-program.ts';
import { outFiles } from './out-record.ts';
import type { PreparedBuild } from './prepare-build.ts';
import { runMake } from './run-make.ts';

/**
 * Writes compile_commands.json, by which editors find their way, with the kernel's own script.
 * Nothing of it fails a build: what is missing is said.
 */
export async function writeCompileCommands(
  context: LifecycleContext,
  { tree, out }: PreparedBuild,
  compiled: boolean,
  display: ProgressDisplay,
): Promise<void> {
  const file = join(out, 'compile_commands.json');
  if (!compiled && (await isReachable(file))) return;
  const title = 'editor';
  const script = join(tree.source, 'scripts/clang-tools/gen_compile_commands.py');
  // Linux 5.10 moved it; before 5.3 there was none.
  if (!(await isReachable(script))) return;
  const python = await findProgram('python3', context.env);
  if (python === undefined) {
    const detail = 'no compile_commands.json: the kernel makes it with python3';
    display.report({ kind: 'warned', title, detail });
    return;
  }
  const { env, signal, urgentSignal } = context;
  const status = await runMake({
    argv: [python, script, '--log_level', 'ERROR', '-d', out, '-o', file],
    ...{ env, signal, urgentSignal, cwd: tree.source },
    log: join(out, outFiles.log),
  });
  if (status === 0 || signal.aborted) return;
  display.report({ kind: 'warned', title, detail: 'compile_commands.json could not be made' });
}
