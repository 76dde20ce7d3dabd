// `npm run quickstart`: from a fresh checkout to a running machine in this folder.
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { installMissingTools } from './host-tools.ts';

const checkout = join(dirname(fileURLToPath(import.meta.url)), '..');

/** Runs the built program in the checkout, on this terminal; gives its exit status. */
function utopia(...args: readonly string[]): number {
  const program = join(checkout, 'bin/utopia.js');
  const { status } = spawnSync(process.execPath, [program, '-C', checkout, ...args], {
    stdio: 'inherit',
  });
  return status ?? 1;
}

function quickstart(): number {
  // With a terminal the machine stays in front, as utopia.sh had it.
  if (process.stdin.isTTY && process.stderr.isTTY) return utopia('up', '--yes');
  const started = utopia('up', '--detach', '--yes');
  if (started !== 0) return started;
  console.log('Its kernel, asked over SSH:');
  const answered = utopia('ssh', '--', 'uname', '-sr');
  if (answered !== 0) return answered;
  console.log('The machine runs in the background. Stop it with: node bin/utopia.js down');
  return 0;
}

process.exitCode = (await installMissingTools()) ? quickstart() : 69;
