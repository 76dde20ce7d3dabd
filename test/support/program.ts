import { join } from 'node:path';
import { buildSync } from 'esbuild';

/**
 * Bundles a small TypeScript program (its imports relative to the project's
 * folder) into `folder`, so that a test can run it in a process of its own, and
 * kill that. Returns the script's path.
 */
export function buildProgram(folder: string, contents: string): string {
  const script = join(folder, 'program.mjs');
  buildSync({
    stdin: { contents, resolveDir: process.cwd(), loader: 'ts' },
    bundle: true,
    platform: 'node',
    format: 'esm',
    outfile: script,
    logLevel: 'error',
    banner: {
      js: "import{createRequire as __r}from'node:module';const require=__r(import.meta.url);",
    },
  });
  return script;
}
