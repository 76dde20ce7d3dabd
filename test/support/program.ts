import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
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
    target: 'node20.19',
    outfile: script,
    logLevel: 'error',
    banner: {
      js: "import{createRequire as __r}from'node:module';const require=__r(import.meta.url);",
    },
  });
  return script;
}

/**
 * Copies the built program, and further parts of the checkout, into a new folder
 * `program` where every user of the host may read it, wherever the checkout is.
 * Returns that folder.
 */
export function installForAll(folder: string, ...more: readonly string[]): string {
  const program = join(folder, 'program');
  mkdirSync(program);
  const checkout = join(import.meta.dirname, '../..');
  const parts = ['bin', 'dist', 'package.json', ...more];
  execFileSync('cp', ['-r', ...parts.map((part) => join(checkout, part)), program]);
  execFileSync('chmod', ['-R', 'a+rX', program]);
  return program;
}

/** Packs the program as it is published, into `folder`. Returns the tarball's path. */
export function packProgram(folder: string): string {
  execFileSync('npm', ['pack', '--pack-destination', folder], {
    cwd: join(import.meta.dirname, '../..'),
    stdio: 'ignore',
  });
  return join(folder, readdirSync(folder).find((name) => name.endsWith('.tgz')) ?? '');
}

/** The program's script, and the prefix of a stand-in for QEMU, that every user may run. */
export function installStandInForAll(folder: string): {
  readonly program: string;
  readonly qemu: string;
} {
  const program = installForAll(folder, 'test/support/stand-in-qemu');
  const qemu = join(folder, 'qemu');
  mkdirSync(join(qemu, 'bin'), { recursive: true });
  const standIn = join(program, 'stand-in-qemu/main.mjs');
  const wrapper = join(qemu, 'bin/qemu-system-x86_64');
  writeFileSync(wrapper, `#!/bin/sh\nexec '${process.execPath}' '${standIn}' "$@"\n`);
  chmodSync(wrapper, 0o755);
  const image = execFileSync('which', ['qemu-img'], { encoding: 'utf8' }).trim();
  symlinkSync(image, join(qemu, 'bin/qemu-img'));
  return { program: join(program, 'bin/utopia.js'), qemu };
}
