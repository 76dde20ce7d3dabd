import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type BenchLab } from './lab.ts';
import { median, sampleHead, sampleInTurn, sampleRow, timeProcess } from './sampling.ts';

/** `utopia ssh -- true` over a connection of its own and over the one that it left open. */
export async function benchAccess(lab: BenchLab, rounds: number): Promise<void> {
  const { utopia } = lab;
  const options = { cwd: lab.folder, env: lab.env };
  utopia('up', '--detach', '--quiet');
  try {
    // With its key in the guest: logging in by password is not what is compared.
    utopia('ssh', '--', 'true');
    const samples = await sampleInTurn(rounds, {
      'node -e 0': () => timeProcess(process.execPath, ['-e', '0'], options),
      'utopia ssh -- true, first': () => {
        endShared(lab.folder);
        return utopia('ssh', '--', 'true');
      },
      'utopia ssh -- true, second': () => utopia('ssh', '--', 'true'),
    });
    console.log(`\n## A command in the guest (${rounds} rounds in turn)\n\n${sampleHead}`);
    for (const sample of samples) console.log(sampleRow(sample));
    const [, first, second] = samples.map(({ ms }) => median(ms));
    console.log(`\nsecond / first: ${(Number(second) / Number(first)).toFixed(2)}`);
  } finally {
    lab.pullPlug();
  }
}

/** Ends the shared connections of every machine below the folder, as ten idle minutes would. */
function endShared(folder: string): void {
  for (const path of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    if (!/\/ctl-[^/]+$/.test(path)) continue;
    execFileSync('ssh', ['-F', '/dev/null', '-O', 'exit', '-S', join(folder, path), 'guest'], {
      stdio: 'ignore',
    });
  }
}
