import type { Context, GlobalOptions } from '../context.ts';
import { kernelFolder, listBuilds, type KernelBuild } from '../kernel/build-store.ts';
import { formatBytes } from '../text/format.ts';
import { formatAge } from '../text/local-time.ts';
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
    const rows = builds.map((build) => describeBuild(build, context.now()));
    for (const line of layOutRows(rows, widthFor(terminal.stdout, terminal.columns)).flat())
      terminal.out(line);
  }
  for (const error of damaged) context.reporter.warn(error.message);
}

function describeBuild(build: KernelBuild, now: Date): string[] {
  const { name, version, fragments, bytes, builtAt, commit } = build;
  const more = [
    ...(version === name ? [] : [version]),
    ...(fragments.length === 0 ? [] : [`with ${fragments.join(', ')}`]),
    ...(commit === null ? [] : [commit.slice(0, 12)]),
  ];
  const age = formatAge(now, new Date(builtAt));
  return [name, formatBytes(bytes).padStart(7), age, more.join(', ')];
}
