import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect } from 'vitest';
import type { Lab } from './lab.ts';

const looks = 50;

/** Prints, for each file as soon as it is there, how many seconds ago it was written, by the guest's clock. */
const lookScript = `
$| = 1;
for my $number (1 .. ${looks}) {
  sleep 0.002 until -e "$ARGV[0]/$number";
  my $now = time;
  printf "age %.3f\\n", $now - (stat "$ARGV[0]/$number")[9];
}`;

/**
 * Writes files in a folder of the host that a guest sees, and has the guest look at each at once: none
 * may be of its future. `command` starts a program in it; `folder` is the one and `seenAt` the other's path.
 */
export async function expectNoFuture(
  lab: Lab,
  command: readonly string[],
  folder: string,
  seenAt: string,
): Promise<void> {
  mkdirSync(join(folder, 'clock'), { recursive: true });
  const guest = lab.start(
    ...command,
    ...['perl', '-MTime::HiRes=time,stat,sleep', '-e', lookScript, `${seenAt}/clock`],
  );
  const { stdout } = guest.child;
  if (stdout === null) throw new Error('started without a stdout');
  try {
    const lines = createInterface({ input: stdout });
    const ages: number[] = [];
    writeFileSync(join(folder, 'clock/1'), '');
    for await (const line of lines) {
      const age = /^age (\S+)$/.exec(line)?.[1];
      if (age === undefined) continue;
      ages.push(Number(age));
      if (ages.length === looks) break;
      writeFileSync(join(folder, 'clock', String(ages.length + 1)), '');
    }
    // The lines' reader has paused it.
    stdout.resume();
    const end = await guest.ended;
    expect(ages, end.stderr).toHaveLength(looks);
    expect(ages.filter((age) => age < 0)).toEqual([]);
  } finally {
    guest.child.kill();
    rmSync(join(folder, 'clock'), { recursive: true, force: true });
  }
}
