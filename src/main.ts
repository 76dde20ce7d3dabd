import { writeSync } from 'node:fs';
import { join } from 'node:path';
import { keepCompiledCode } from './compiled-code.ts';
import { cacheRoot } from './system/places.ts';
import { createPrivately } from './system/umask.ts';
import { utopiaVersion } from './version.ts';

declare const UTOPIA_BUILD: string;

// The version is asked for by scripts: it costs nothing but Node's own start.

const [, , ...words] = process.argv;
if (words.length === 1 && (words[0] === '--version' || words[0] === '-V')) {
  void printVersion();
} else {
  createPrivately();
  keepCompiledCode(join(cacheRoot(process.env), 'compiled'), UTOPIA_BUILD);
  void import('./program.ts').then(async ({ runProgram }) => await runProgram(words));
}

/** Without the streams of Node, which take longer to load than this takes in all. */
async function printVersion(): Promise<void> {
  try {
    writeSync(1, `${utopiaVersion}\n`);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EPIPE') return;
    const { exitStatus } = await import('./errors.ts');
    process.exitCode = exitStatus.cannotCreate;
    process.stderr.write(`The output could not be written: ${String(code)}.\n`);
  }
}
