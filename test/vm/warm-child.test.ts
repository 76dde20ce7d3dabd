import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { findLowPriority, makeInChild } from '../../src/lifecycle/saved/warm-child.ts';
import { remainsOfCopies } from '../support/guest-lab.ts';
import { testImage } from '../support/image.ts';
import { makeLab, type Lab } from '../support/lab.ts';
import { needsOfHost } from '../support/requirements.ts';

// The warm base that an `up` makes unasked, without the wait for an idle host.
needsOfHost('qemu', 'image-tools', 'ssh');

function bases(lab: Lab): readonly string[] {
  return readdirSync(join(lab.env['XDG_CACHE_HOME'] ?? '', 'utopia/warm'));
}

/** QEMU of the maker, once it runs, and its niceness. */
async function qemuOf(lab: Lab): Promise<{ pid: number; niceness: string | undefined }> {
  for (;;) {
    for (const pid of lab.processes()) {
      try {
        const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')[0];
        const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
        // One that only prints a list has no session of its own yet.
        const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
        if (command?.endsWith('qemu-system-x86_64') !== true || Number(fields[3]) !== pid) continue;
        return { pid, niceness: fields[16] };
      } catch {
        // It has just ended.
      }
    }
    await sleep(20);
  }
}

/** Niceness of a process's session, where the kernel has such. */
function sessionOf(pid: number): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/autogroup`, 'utf8').trim().replace(/.* /, '');
  } catch {
    return undefined;
  }
}

test('given up in the middle it leaves nothing; otherwise runs start from it', async () => {
  await using lab = await makeLab({ backing: await testImage() });
  const child = {
    command: [...lab.command, 'image', 'warm', '--quiet', '--json'],
    cwd: lab.folder,
    env: lab.env,
  };
  const low = await findLowPriority();
  const giveUp = new AbortController();
  const first = makeInChild(child, low ?? [], giveUp.signal);
  const { pid, niceness } = await qemuOf(lab);
  expect(niceness).toBe('19');
  // It is there a moment before its session is made nice.
  await expect.poll(() => sessionOf(pid) ?? '19', { timeout: 10_000 }).toBe('19');
  expect(bases(lab)).toHaveLength(1);
  giveUp.abort();
  expect(await first).toEqual({ kind: 'ended' });
  expect(bases(lab)).toEqual([]);
  expect(remainsOfCopies(lab)).toEqual({ files: [], processes: [] });

  const { signal } = new AbortController();
  const made = await makeInChild(child, low ?? [], signal);
  expect(made).toMatchObject({ kind: 'made' });
  expect(bases(lab)).toHaveLength(1);
  expect(remainsOfCopies(lab)).toEqual({ files: [], processes: [] });
  expect(await makeInChild(child, low ?? [], signal)).toEqual({ kind: 'there' });
  const run = await lab.run('run', '--json', '--', 'true');
  expect(JSON.parse(run.stdout)).toMatchObject({ warm: true, status: 0 });
});
