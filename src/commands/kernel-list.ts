import type { Context, GlobalOptions } from '../context.ts';
import { kernelFolder, listBuilds } from '../kernel/build-store.ts';
import { buildCells } from '../ui/kernels.ts';
import { widthFor } from '../ui/lines.ts';
import { layOutRows } from '../ui/table.ts';

/** `utopia kernel list`: name, size, age, version, what was asked for, commit; a line each. */
export async function runKernelList(context: Context, globals: GlobalOptions): Promise<void> {
  const { terminal, env } = context;
  const { builds, damaged } = await listBuilds(env);
  if (globals.json) {
    const shown = builds.map(({ name, version, image, fragments, bytes, builtAt, commit }) => {
      return { name, version, image, fragments, bytes, builtAt, commit };
    });
    terminal.json({ schema: 1, builds: shown });
  } else {
    if (builds.length === 0 && damaged.length === 0) {
      terminal.err(`No kernels in ${kernelFolder(env)}. utopia kernel build makes one.`);
    }
    const rows = builds.map((build) => buildCells(build, context.now()));
    for (const line of layOutRows(rows, widthFor(terminal.stdout, terminal.columns)).flat())
      terminal.out(line);
  }
  for (const error of damaged) context.reporter.warn(error.message);
}
