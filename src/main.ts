import { writeSync } from 'node:fs';
import { utopiaVersion } from './version.ts';

// The version is asked for by scripts: it costs nothing but Node's own start.

const [, , ...words] = process.argv;
if (words.length === 1 && (words[0] === '--version' || words[0] === '-V')) {
  writeSync(1, `${utopiaVersion}\n`);
} else {
  void import('./program.ts').then(async ({ runProgram }) => await runProgram(words));
}
