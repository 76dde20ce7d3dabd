import type { Context, GlobalOptions } from '../context.ts';
import { kernelFolder, listBuilds, type KernelBuild } from '../kernel/build-store.ts';
import { formatBytes } from '../text/format.ts';
import { formatAge } from '../text/local-time.ts';
import { padToWidth, textWidth } from '../text/width.ts';

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
    const width = Math.max(0, ...builds.map(({ name }) => textWidth(name)));
    for (const build of builds) terminal.out(describeBuild(build, width, context.now()));
  }
  for (const error of damaged) context.reporter.warn(error.message);
}

function describeBuild(build: KernelBuild, width: number, now: Date): string {
  const { name, version, fragments, bytes, builtAt, commit } = build;
  const size = formatBytes(bytes).padStart(7);
  const age = formatAge(now, new Date(builtAt));
  const more = [
    ...(version === name ? [] : [version]),
    ...(fragments.length === 0 ? [] : [`with ${fragments.join(', ')}`]),
    ...(commit === null ? [] : [commit.slice(0, 12)]),
  ];
  return `${padToWidth(name, width)}  ${size}  ${age.padEnd(12)}  ${more.join(', ')}`.trimEnd();
}
